import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CliScene, setCliScene } from '../helpers/cli.ts';
import { keygen } from '../helpers/sshd.ts';

const HOST = '{ name: web-1, address: 127.0.0.1, port: 1, user: nobody }';
let scene: CliScene;
const mounted: string[] = [];

afterEach(() => {
  for (const path of mounted.splice(0)) execFileSync('umount', [path]);
  scene[Symbol.dispose]();
});

/** A disk of two megabytes inside the scene. Needs root. */
function smallDisk(): string {
  const path = join(scene.dir, 'disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path]);
  mounted.push(path);
  return path;
}

function fill(disk: string): void {
  for (const size of [1 << 20, 1 << 16, 1 << 12, 1]) {
    for (let n = 0; ; n++) {
      try {
        writeFileSync(join(disk, `filler-${size}-${n}`), Buffer.alloc(size));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') break;
        throw error;
      }
    }
  }
}

function empty(disk: string): void {
  execFileSync('sh', ['-c', 'rm "$1"/filler-*', 'sh', disk]);
}

describe('a database that cannot be used', () => {
  it('because its directory is a file ends with status 7 and names it', async () => {
    scene = setCliScene({ hosts: [HOST], config: ['store: { path: data/a.sqlite }'] });
    scene.write('data', '');
    const { status, stdout, stderr } = await scene.run('history');
    expect({ status, stdout }).toEqual({ status: 7, stdout: '' });
    expect(stderr).toContain(`countersign: the database ${scene.dir}/data/a.sqlite cannot be used`);
    expect(stderr).toContain('Check that its directory exists, can be written');
    expect(JSON.parse((await scene.run('history', '--json')).stdout).error.code).toBe('store/unavailable');
  });

  it('because it is another kind of file ends with status 7', async () => {
    scene = setCliScene({ hosts: [HOST] });
    scene.write('countersign.sqlite', 'this is no database, '.repeat(100));
    const { status, stderr } = await scene.run('run', 'service-port', 'on', 'web-1');
    expect(status).toBe(7);
    expect(stderr).toMatch(/countersign\.sqlite cannot be used: file is not a database/);
  });

  it('does not keep hosts, runbooks and lint from being looked at', async () => {
    scene = setCliScene({ hosts: [HOST] });
    scene.write('countersign.sqlite', 'this is no database, '.repeat(100));
    for (const command of ['hosts', 'list', 'lint'])
      expect(await scene.run(command)).toMatchObject({ status: 0, stderr: '' });
  });

  it('because the disk is full ends with status 7, and works again once there is room', async () => {
    scene = setCliScene({ hosts: [HOST], config: ['store: { path: disk/a.sqlite }'] });
    const disk = smallDisk();
    expect(await scene.run('history')).toMatchObject({ status: 0 });
    fill(disk);
    const { status, stderr } = await scene.run('run', 'service-port', 'on', 'web-1');
    expect(stderr).toMatch(/^countersign: the database .*\n {2}.*[Ff]ree space/);
    expect(status).toBe(7);
    empty(disk);
    expect(await scene.run('run', 'service-port', 'on', 'web-1')).toMatchObject({ status: 9, stderr: '' });
    expect((await scene.run('history')).stdout).toMatch(/run 1 {2}service-port on web-1/);
  });

  it('because the disk fills up during a run ends with status 7, and the run is kept', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const host = `{ name: web-1, address: 127.0.0.1, port: ${port}, user: nobody, identity_file: key, connect_timeout: 10m }`;
    scene = setCliScene({ hosts: [host], config: ['store: { path: disk/a.sqlite }'] });
    keygen('ed25519', join(scene.dir, 'key'));
    const disk = smallDisk();
    try {
      const { ended } = scene.start('run', 'service-port', 'on', 'web-1');
      const [socket] = (await once(server, 'connection')) as [Socket];
      fill(disk);
      socket.destroy();
      const { status, stderr } = await ended;
      expect(stderr).toMatch(/^countersign: the database could not be written: .*\n {2}Free space/);
      expect(status).toBe(7);
      empty(disk);
      expect((await scene.run('history')).stdout).toMatch(/run 1 {2}service-port on web-1 {2}0\/1 hosts {2}reading/);
    } finally {
      server.close();
      await once(server, 'close');
    }
  });
});
