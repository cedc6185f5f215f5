import { isoTime } from '../../base/clock.ts';
import { newestConfig } from '../machine.ts';
import { dumpText } from '../nginx-files.ts';
import { type Answer, failed, lines } from './answer.ts';

const BINARY = '/usr/sbin/nginx';
const ERROR_LOG = '/var/log/nginx/error.log';
const NAMESPACE = 'net:[4026531840]';

/** The one master of a web host. */
export const answerNginxProcess: Answer = ({ machine, sudo }) => {
  const nginx = machine.nginx();
  if (!nginx) return lines('none');
  const exe = sudo ? `exe ${BINARY}` : 'exe ';
  return lines(`master ${nginx.masterPid} 1`, `args nginx: master process ${BINARY}`, exe, 'version nginx/1.22.1');
};

/** `nginx -T`. */
export const answerNginxConfig: Answer = ({ machine }) => {
  const nginx = machine.nginx();
  if (!nginx) return lines('absent');
  const refused = machine.testNginx();
  return refused === undefined
    ? { stdout: dumpText(machine.files, nginx.masterPid), stderr: '', exitCode: 0 }
    : { stdout: `dump ${nginx.masterPid} 1 0\n`, stderr: `${refused}\n`, exitCode: 1 };
};

/** When the worker started, and when a file changed last. */
export const answerNginxLoaded: Answer = ({ machine }) => {
  const nginx = machine.nginx();
  const newest = newestConfig(machine);
  if (!nginx || !newest) return lines('none');
  return lines(
    `master ${nginx.masterPid}`,
    `worker ${Math.floor(nginx.workerStartedAtMs / 1000)}`,
    `config ${Math.floor(newest.changedAtMs / 1000)} ${newest.path}`,
  );
};

/** An error log without an error; hosts without nginx have none. */
export const answerNginxLog: Answer = ({ machine }) => {
  const now = isoTime(machine.epochMs()).slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  if (machine.nginx()) return lines(`now ${now}`, `file ${ERROR_LOG}`, 'read 0');
  const missing = `tail: cannot open '${ERROR_LOG}' for reading: No such file or directory\n`;
  return { ...failed(1, missing), stdout: `now ${now}\nunread ${ERROR_LOG}\n` };
};

/** nginx lives where the probes look. */
export const answerNetworkNamespace: Answer = ({ machine }) => {
  const nginx = machine.nginx();
  return lines(`own ${NAMESPACE}`, ...(nginx ? [`master ${nginx.masterPid} ${NAMESPACE}`] : []));
};
