import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReportEnvironment } from '../environment.ts';
import { formatReportLine } from '../ndjson.ts';
import type { Sink } from './sink.ts';
import { type Device, NODE_DEVICE, writeFully } from './write-fully.ts';

const STDERR = 2;

export interface FileSinkOptions {
  /** Called when the first finding is written; every line carries it, so that `dept show` can print it. */
  readonly environment?: () => ReportEnvironment | null;
  /** Told once when the file cannot be written; standard error if not given. */
  readonly warn?: (message: string) => void;
  /** What it writes through; `node:fs` if not given. */
  readonly device?: Device;
}

/**
 * Appends each finding to a file as one line of JSON the moment it is made. Opens the file at the first finding; several
 * processes may share it. When it cannot be written, says so once and goes on.
 */
export function fileSink(path: string, options: FileSinkOptions = {}): Sink {
  const file = new ReportFile(
    resolve(path),
    options.warn ?? ((message) => void writeFully(STDERR, message)),
    options.device ?? NODE_DEVICE,
  );
  let environment: ReportEnvironment | null | undefined;
  return {
    write(finding) {
      file.append(() => {
        environment ??= options.environment?.() ?? null;
        return formatReportLine(finding, environment);
      });
    },
  };
}

class ReportFile {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  readonly #device: Device;
  #fd: number | null = null;
  #isTorn = false;
  #hasWarned = false;

  constructor(path: string, warn: (message: string) => void, device: Device) {
    this.#path = path;
    this.#warn = warn;
    this.#device = device;
  }

  append(format: () => string): void {
    try {
      this.#write(format());
    } catch (error) {
      this.#warnOnce(error);
    }
  }

  #write(line: string): void {
    this.#fd ??= openSync(this.#path, 'a');
    // A line that was cut off must not spoil the next one.
    const written = writeFully(this.#fd, this.#isTorn ? `\n${line}` : line, this.#device);
    this.#isTorn = written.complete ? false : this.#isTorn || written.bytes > 0;
    if (!written.complete) throw written.error;
  }

  #warnOnce(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#warn(`dept: cannot write findings to ${this.#path} (${reason}); the program goes on without that file.\n`);
  }
}
