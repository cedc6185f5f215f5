/** Which kernel and distribution a host runs (uname(1), os-release(5)). Features are judged by present keys, not by this. */
export interface KernelFact {
  /** `uname -r`, for example `6.1.0-18-amd64`. */
  readonly release: string;
  readonly major: number;
  readonly minor: number;
  /** PRETTY_NAME of os-release; null when the file is missing. */
  readonly distribution: string | null;
}
