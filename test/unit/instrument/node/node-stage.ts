import { watchNode } from '../../../../instrument/node/index.ts';
import { StallClock } from '../../../../instrument/node/stall-clock.ts';
import { startTracking } from '../../../../instrument/tracking.ts';
import type { Finding } from '../../../../src/core/finding.ts';

interface Looks {
  readonly isLast?: boolean;
  readonly isQuiet?: boolean;
  readonly times?: number;
}

/** Node's own parts, watched, with looks at what is stuck when a test says so. */
export class NodeStage {
  readonly findings: Finding[] = [];
  #isQuiet = false;
  readonly #clock = new StallClock(() => this.#isQuiet);
  readonly #undo: (() => void)[];

  constructor() {
    const onFinding = (finding: Finding): void => void this.findings.push(finding);
    const onFault = (fault: unknown): never => {
      throw fault;
    };
    const tracking = startTracking({
      rules: 'dept',
      attribution: 'precise',
      stacks: 'new',
      limits: {},
      onFinding,
      onFault,
    });
    this.#undo = [() => tracking.stop(), watchNode(tracking.session, 'dept', onFinding, this.#clock)];
  }

  get messages(): readonly string[] {
    return this.findings.map(({ code, message }) => `${code} ${message}`);
  }

  look({ isLast = false, isQuiet = false, times = 1 }: Looks): void {
    this.#isQuiet = isQuiet;
    for (let look = 0; look < times; look++) this.#clock.look(isLast);
  }

  end(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
