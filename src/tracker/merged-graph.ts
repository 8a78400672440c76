import type { EventClassNode, EvidenceGraph, ExportedGate, ExportedPlace } from '../core/class-graph-export.ts';
import { ClassRegistry, type EventClass } from '../core/classes.ts';
import type { ContextKind } from '../core/context.ts';
import type { Dependency, Place, Rule } from '../core/dependency.ts';
import { circleFingerprint, type Finding, fileOf, type RuleSet } from '../core/finding.ts';
import { type ContextId, NEVER } from '../core/ids.ts';
import { IRQ_TYPES } from '../core/irq.ts';
import { DEFAULT_LIMITS } from '../core/limits.ts';
import { adviceFor, sentence } from './advice.ts';
import { named } from './caller-names.ts';
import { inReadingOrder } from './circles.ts';
import { Interrupts } from './interrupts.ts';
import { type MergedEdge, mixedCircles } from './mixed-circles.ts';

interface Edge extends MergedEdge {
  dependency: Dependency;
  gates: readonly ExportedGate[];
  runs: bigint;
}

/**
 * The class dependencies of many processes and runs in one graph. It reports the circles that no single one of them
 * had: those that one had, it has judged itself, with more knowledge of it than a graph keeps.
 *
 * A library's lock is called after the place of its first use, which differs from run to run. So classes are one when
 * kind, name and file agree, as for fingerprints; where one run tells several such classes apart, by place, all do.
 */
export class MergedGraph {
  readonly #classes = new ClassRegistry(DEFAULT_LIMITS.maxClasses, 0);
  readonly #interrupts = new Interrupts(this.#classes);
  readonly #edges = new Map<string, Edge>();
  /** The place that stands for all places of a class, where it stands for one. */
  readonly #sites = new Map<string, string | null>();
  readonly #ambiguous: ReadonlySet<string>;

  constructor(graphs: readonly EvidenceGraph[]) {
    this.#ambiguous = new Set(graphs.flatMap(ambiguousIn));
    for (const [i, graph] of graphs.entries()) this.#add(graph, 1n << BigInt(i));
  }

  /** Dependencies of all graphs, each pair of classes once. */
  get size(): number {
    return this.#edges.size;
  }

  /** Evidence of a wait without a timeout replaces that of one with. */
  #add(graph: EvidenceGraph, run: bigint): void {
    const classes = graph.classes.map((node) => this.#classOf(node));
    for (const label of graph.dependencies) {
      const [from, to] = [classes[label.from], classes[label.to]];
      if (from === undefined || to === undefined) continue;
      const dependency = read(label, from, to);
      const key = `${from.id} ${to.id}`;
      const known = this.#edges.get(key);
      if (known === undefined) {
        this.#edges.set(key, { from: from.id, to: to.id, runs: run, dependency, gates: label.gates });
        continue;
      }
      known.runs |= run;
      known.gates = known.gates.filter((gate) => label.gates.some((other) => isSame(gate, other)));
      if (known.dependency.timed && !dependency.timed) known.dependency = dependency;
    }
  }

  #classOf(node: EventClassNode): EventClass {
    const { kind, capacity, sub } = node;
    const identity = identityOf(node);
    let { site } = node;
    if (!this.#ambiguous.has(identity)) {
      const known = this.#sites.get(identity);
      if (known === undefined) this.#sites.set(identity, site);
      else site = known;
    }
    const key = this.#classes.key({ kind, name: node.name.replace(/:\d+$/, ''), site, capacity });
    return this.#classes.get(this.#classes.classOf(key, sub));
  }

  /**
   * The circles that need edges of at least two graphs, each once, the shortest through each dependency. Those that a
   * common lock around two of their dependencies makes impossible are left out.
   */
  circles(rules: RuleSet = 'dept'): readonly Finding[] {
    const findings = new Map<string, Finding>();
    const edges = [...this.#edges.values()];
    for (const circle of mixedCircles(edges)) {
      if (rules === 'dept' && isGated(circle)) continue;
      const finding = this.#finding(
        circle.map(({ dependency }) => dependency),
        rules,
      );
      const known = findings.get(finding.fingerprint);
      if (known === undefined || (known.severity === 'warning' && finding.severity === 'error')) {
        findings.set(finding.fingerprint, finding);
      }
    }
    return [...findings.values()];
  }

  #finding(path: readonly Dependency[], rules: RuleSet): Finding {
    const circle = named(inReadingOrder(this.#interrupts.merge(path)));
    return {
      code: 'DEPT001',
      kind: 'circular',
      severity: circle.some(({ timed }) => timed) ? 'warning' : 'error',
      fingerprint: circleFingerprint('DEPT001', circle),
      rules,
      circle,
      message: sentence(circle, 'some-day'),
      help: adviceFor(circle),
      predictedBy: null,
      openWaits: [],
      stack: null,
      at: NEVER,
    };
  }
}

/** What fingerprints look at: a place without its line. */
function identityOf({ kind, name, site }: EventClassNode): string {
  return JSON.stringify([kind, name, fileOf(site)]);
}

function ambiguousIn({ classes }: EvidenceGraph): readonly string[] {
  const seen = new Set<string>();
  return classes.map(identityOf).filter((identity) => seen.size === seen.add(identity).size);
}

function read(label: EvidenceGraph['dependencies'][number], from: EventClass, to: EventClass): Dependency {
  return {
    from,
    to,
    rule: label.rule as Rule,
    context: { id: 0 as ContextId, name: label.context, kind: label.contextKind as ContextKind },
    start: placeOf(label.start, from),
    wait: placeOf(label.wait, to),
    event: placeOf(label.event, from),
    waker: null,
    timed: label.timed,
    irqs: IRQ_TYPES.filter((irq) => label.irqs.includes(irq)),
    instances: null,
    at: NEVER,
  };
}

function placeOf({ label, frames }: ExportedPlace, eventClass: EventClass): Place {
  return { label, class: eventClass, stack: frames.length === 0 ? null : { frames } };
}

function isSame(a: ExportedGate, b: ExportedGate): boolean {
  return a.label === b.label && a.shared === b.shared;
}

/** Two dependencies under one lock are never under way at the same time. */
function isGated(circle: readonly Edge[]): boolean {
  return circle.some((edge, i) =>
    edge.gates.some((gate) =>
      circle
        .slice(i + 1)
        .some((other) => other.gates.some(({ label, shared }) => label === gate.label && !(shared && gate.shared))),
    ),
  );
}
