/** What a report says about the process it was made in, as lines; the formatters themselves look at no process. */
export interface ReportEnvironment {
  /** Stands under the title, where the kernel names its release. */
  readonly release: string;
  /** Stand first in the closing block, where the kernel names process and hardware. */
  readonly process: readonly string[];
}

/** Facts of a Node process. */
export interface ProcessFacts {
  /** Name and version of the program's own package. */
  readonly packageName: string;
  readonly packageVersion: string;
  /** With the leading `v`, as in `process.version`. */
  readonly nodeVersion: string;
  readonly platform: string;
  readonly arch: string;
  readonly pid: number;
  readonly title: string;
  readonly commandLine: readonly string[];
}

/** The environment of a Node process: `shop 1.4.2 Node.js v22.11.0 linux x64`, then process and command line. */
export function describeProcess(facts: ProcessFacts): ReportEnvironment {
  return {
    release: `${facts.packageName} ${facts.packageVersion} Node.js ${facts.nodeVersion} ${facts.platform} ${facts.arch}`,
    process: [
      `PID: ${facts.pid} Comm: ${facts.title} Node.js ${facts.nodeVersion}`,
      `Command line: ${facts.commandLine.map(quoted).join(' ')}`,
    ],
  };
}

/** An argument as a shell would need it, so that the line can be read back without guessing. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
