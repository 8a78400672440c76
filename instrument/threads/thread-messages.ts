import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { EvidenceGraph } from '../../src/core/evidence-graph.ts';
import { type Config, DEFAULT_CONFIG } from '../config.ts';
import type { ThreadStand } from './thread-stand.ts';
import { ToldFindings } from './told-findings.ts';

/** Name of the channel on which the workers of a process tell its main thread what they know. */
export const CHANNEL = 'dept:threads';

/** Name of the channel on which the main thread asks its workers how they stand; a message is the number of a question. */
export const QUESTIONS = 'dept:threads:questions';

/**
 * What a worker says: a finding as a line of NDJSON that it has already written, all dependencies it has learnt, the
 * waits that stand in it, as a line of a finding that nobody has told of, or what it waits for in other threads.
 */
export type ThreadMessage =
  | { readonly thread: number; readonly line: string }
  | { readonly thread: number; readonly waits: string | null }
  | { readonly thread: number; readonly graph: EvidenceGraph }
  | { readonly thread: number; readonly stand: ThreadStand };

/** What a worker needs that its own environment may lack. */
interface Word {
  readonly config: Config;
  readonly told: ArrayBufferLike;
}

/** Leaves word for the workers that are started from now on, and for theirs. */
export function leaveWord(config: Config, told: ToldFindings): void {
  // The exit code is the process's, and so is its graph; two threads cannot record in one file, and signals come to none.
  const { exitCode, graph, record, stallSignal } = DEFAULT_CONFIG;
  const word: Word = { config: { ...config, exitCode, graph, record, stallSignal }, told: told.memory };
  setEnvironmentData(CHANNEL, word as unknown as Parameters<typeof setEnvironmentData>[1]);
}

/** What the main thread has left for this worker; null where it is not watched. */
export function wordForWorkers(): { readonly config: Config; readonly told: ToldFindings } | null {
  const word = getEnvironmentData(CHANNEL) as unknown as Word | undefined;
  return word === undefined ? null : { config: word.config, told: new ToldFindings(word.told) };
}
