import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import type { Finding, Severity } from '../../src/core/finding.ts';
import { toReportDocument } from '../ndjson.ts';
import { frameText } from '../text/frames.ts';
import type { Sink } from './sink.ts';
import { writeFully } from './write-fully.ts';

const STDERR = 2;

const LEVELS: Readonly<Record<Severity, 'error' | 'warn' | 'info'>> = Object.freeze({
  error: 'error',
  warning: 'warn',
  info: 'info',
});

/** What a log line needs of a logger; a pino `Logger` is one. */
export interface ParentLogger {
  child(bindings: { readonly name: string }): Pick<Logger, 'error' | 'warn' | 'info'>;
}

/**
 * Logs each finding through pino as `{ err, report }` with a level by severity, by a child logger named `dept`. Without
 * a logger of its own it makes one that writes to standard error; pino is loaded only then, at the first finding.
 */
export function pinoSink(logger?: ParentLogger): Sink {
  let child: ReturnType<ParentLogger['child']> | null = null;
  let hasWarned = false;
  return {
    write(finding) {
      try {
        child ??= (logger ?? standardErrorLogger()).child({ name: 'dept' });
        child[LEVELS[finding.severity]]({ err: errorOf(finding), report: toReportDocument(finding) }, finding.message);
      } catch (error) {
        if (hasWarned) return;
        hasWarned = true;
        writeFully(
          STDERR,
          `dept: the logger failed (${String(error)}); the program goes on, findings are not logged.\n`,
        );
      }
    },
  };
}

/** Asynchronous loading would lose the findings of a program that ends now. */
function standardErrorLogger(): ParentLogger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino(pino.destination({ dest: STDERR, sync: true }));
}

/** The finding as log processors know errors: a type, a code, a message, a stack. */
function errorOf(finding: Finding): Error {
  const error = new Error(finding.message);
  error.name = 'DeptFinding';
  const frames = finding.stack?.frames.map((frame) => `\n    at ${frameText(frame)}`) ?? [];
  error.stack = `DeptFinding: ${finding.message}${frames.join('')}`;
  return Object.assign(error, { code: finding.code });
}
