import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { basename } from 'node:path';
import type { Stack } from '../../src/core/stack.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { type NodeHost, observed } from './node-host.ts';

/** Published by Node when a child process is made; nobody loads its module for that. */
const CHANNEL = 'child_process';

/** A child process that runs, and where it was started. */
export interface RunningChild {
  readonly child: ChildProcess;
  readonly stack: Stack | null;
}

/** The child processes that run. */
export class ChildProcesses {
  readonly #host: NodeHost;
  #started: { readonly ref: WeakRef<ChildProcess>; readonly stack: Stack | null }[] = [];
  #pruneAt = 8;
  readonly #onStart = (message: unknown): void => {
    observed(this.#host, () => this.#add((message as { readonly process: ChildProcess }).process));
  };

  constructor(host: NodeHost) {
    this.#host = host;
    subscribe(CHANNEL, this.#onStart);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onStart);
  }

  /** The running child whose output this stream is, or null. */
  ownerOf(stream: object): (RunningChild & { readonly pipe: string }) | null {
    for (const { child, stack } of this.#running()) {
      const fd = child.stdio.indexOf(stream as never);
      if (fd >= 0) return { child, stack, pipe: ['stdin', 'stdout', 'stderr'][fd] ?? `stdio[${fd}]` };
    }
    return null;
  }

  #add(child: ChildProcess): void {
    if (this.#started.length >= this.#pruneAt) {
      this.#started = this.#started.filter(({ ref }) => runs(ref.deref()));
      this.#pruneAt = 2 * this.#started.length + 8;
    }
    this.#started.push({ ref: new OwnWeakRef(child), stack: this.#host.session.capture() });
  }

  #running(): readonly RunningChild[] {
    return this.#started.flatMap(({ ref, stack }) => {
      const child = ref.deref();
      return runs(child) ? [{ child, stack }] : [];
    });
  }
}

function runs(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null && Array.isArray(child.stdio);
}

/** The program that a child runs, without its folder. */
export function programOf({ spawnfile }: ChildProcess): string {
  return basename(spawnfile ?? 'child');
}
