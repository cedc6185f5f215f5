import { plainText, shorten } from '../../base/plain-text.ts';
import { brokenOutput, unreadable } from '../problem.ts';
import type { Parsed, ProbeOutput } from '../probe.ts';
import type { KernelFact } from './fact.ts';

/** Reads `release=` (uname(1)) and PRETTY_NAME (os-release(5), quoted like a shell word). */
export function parseKernel(output: ProbeOutput): Parsed<KernelFact> {
  const broken = brokenOutput(output, 'uname');
  if (broken !== undefined) return broken;
  const match = /^release=((\d{1,4})\.(\d{1,4})(?!\d)[\w.+~-]{0,200})$/m.exec(output.stdout);
  if (match === null) return unreadable(output, 'A line release=MAJOR.MINOR… from uname -r was expected.');
  const [, release = '', major, minor] = match;
  return {
    ok: true,
    fact: { release, major: Number(major), minor: Number(minor), distribution: distribution(output.stdout) },
  };
}

function distribution(text: string): string | null {
  const value = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim();
  if (value === undefined) return null;
  const bare = value.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["$`\\])/g, '$1');
  const clean = shorten(plainText(bare).trim(), 100);
  return clean === '' ? null : clean;
}
