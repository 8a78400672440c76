import { watchNode } from '../../../../instrument/node/index.ts';
import { StallClock } from '../../../../instrument/node/stall-clock.ts';
import { startTracking, type Tracking } from '../../../../instrument/tracking.ts';
import type { Finding } from '../../../../src/core/finding.ts';

interface Looks {
  readonly isLast?: boolean;
  readonly isQuiet?: boolean;
  /** How many poll in the process, in which nothing else runs. */
  readonly polling?: number;
  readonly times?: number;
}

/** Node's own parts, watched, with looks at what is stuck when a test says so. */
export class NodeStage {
  readonly findings: Finding[] = [];
  /** Event contexts that are open now. */
  openHolds = 0;
  #isQuiet = false;
  #polling = Number.POSITIVE_INFINITY;
  readonly #clock = new StallClock((polling) => this.#isQuiet || this.#polling <= polling);
  readonly #tracking: Tracking;
  readonly #undo: (() => void)[];

  constructor() {
    const onFinding = (finding: Finding): void => void this.findings.push(finding);
    const onFault = (fault: unknown): never => {
      throw fault;
    };
    this.#tracking = startTracking({
      rules: 'dept',
      attribution: 'precise',
      stacks: 'new',
      limits: {},
      onFinding,
      onFault,
    });
    const { session } = this.#tracking;
    session.addObserver({
      onEnter: () => void this.openHolds++,
      onExit: () => void this.openHolds--,
    });
    this.#undo = [() => this.#tracking.stop(), watchNode(session, 'dept', onFinding, { clock: this.#clock })];
  }

  get messages(): readonly string[] {
    return this.findings.map(({ code, message }) => `${code} ${message}`);
  }

  look({ isLast = false, isQuiet = false, polling = Number.POSITIVE_INFINITY, times = 1 }: Looks): void {
    this.#isQuiet = isQuiet;
    this.#polling = polling;
    for (let look = 0; look < times; look++) this.#clock.look(isLast);
  }

  /** Waits that sleep now. */
  get openWaits(): number {
    return this.#tracking.waitsFor.open.length;
  }

  /** Circles that have been suspected and are still there are certain. */
  confirm(): void {
    this.#tracking.waitsFor.confirm(true);
  }

  end(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
