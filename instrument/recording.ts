import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { setInterval } from 'node:timers';
import type { Session } from '../src/core/session.ts';
import { Recorder, type RecorderOptions } from '../src/tracker/recording/recorder.ts';

/** How long a line may wait to be written, in milliseconds: what a killed process may lose. */
export const FLUSH_AFTER_MS = 100;

/** Set by the first process that records: those it starts take files of their own without saying so. */
const MARK = 'DEPT_RECORD_PID';

/**
 * Records a session in a file, from now on. Processes never share one: a file that is there already is left alone, and
 * `FILE.PID` is taken. The file is made with the first line; a process in which nothing is tracked makes none.
 * Keeps no event loop alive. What cannot be written is said on standard error once and changes nothing.
 */
export function startRecording(session: Session, path: string, options: Omit<RecorderOptions, 'write'> = {}): Recorder {
  const file = new RecordingFile(resolve(path), process.env[MARK] !== undefined);
  process.env[MARK] ??= String(process.pid);
  process.env['DEPT_RECORD'] = resolve(path);
  const recorder = new Recorder(session, { ...options, write: (text) => file.write(text) });
  session.addObserver(recorder);
  setInterval(() => recorder.flush(), FLUSH_AFTER_MS).unref();
  process.on('uncaughtExceptionMonitor', () => recorder.flush());
  return recorder;
}

class RecordingFile {
  readonly #path: string;
  readonly #isQuiet: boolean;
  #fd: number | null = null;
  #hasFailed = false;

  constructor(path: string, isQuiet: boolean) {
    this.#path = path;
    this.#isQuiet = isQuiet;
  }

  write(text: string): void {
    if (this.#hasFailed) return;
    try {
      this.#fd ??= this.#open();
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    } catch (error) {
      this.#fail(error);
    }
  }

  #open(): number {
    try {
      return openSync(this.#path, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const own = `${this.#path}.${process.pid}`;
      if (!this.#isQuiet) process.stderr.write(`dept: ${this.#path} exists; recording to ${own}.\n`);
      return openSync(own, 'w');
    }
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    if (this.#fd !== null) closeSync(this.#fd);
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `dept: cannot write the recording ${this.#path} (${reason}); the program goes on without it.\n`,
    );
  }
}
