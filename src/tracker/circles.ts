import { shortestPath } from '../core/circle-search.ts';
import type { ClassKey, EventClass } from '../core/classes.ts';
import type { Context } from '../core/context.ts';
import type { Dependency } from '../core/dependency.ts';
import type { EventContext } from '../core/event-context.ts';
import { circleFingerprint, type FilteredCircle, type Finding, withoutRepeats } from '../core/finding.ts';
import type { Tick } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import type { Stack } from '../core/stack.ts';
import { adviceFor, sentence } from './advice.ts';
import { named } from './caller-names.ts';
import { type Around, excludedBy } from './circle-filter.ts';
import type { DependencyStore } from './dependency-store.ts';
import type { Families } from './families.ts';
import { Forks } from './forks.ts';
import type { Interrupts } from './interrupts.ts';
import { Namesakes } from './namesakes.ts';
import type { Policy } from './policy.ts';
import type { PoolShares } from './pool-shares.ts';

/** A circle that was set aside, by the edges it runs through. */
interface Aside {
  readonly edges: readonly number[];
  readonly filtered: FilteredCircle;
}

/** Other ways round that are tried when the shortest circle cannot hang. */
const MAX_DETOURS = 16;

/**
 * Turns a new edge that closes a circle into a finding: the shortest circle through it, newest dependency first
 * (kernel/dependency/dept.c, check_dl_bfs). Circles that cannot hang are set aside, and looked at again when one of
 * their dependencies is seen in a new way.
 */
export class Circles {
  readonly #session: Session;
  readonly #store: DependencyStore;
  readonly #interrupts: Interrupts;
  readonly #policy: Policy;
  readonly #pools: PoolShares;
  readonly #families: Families;
  readonly #emit: (finding: Finding) => void;
  readonly #forks = new Forks();
  readonly #aside: Aside[] = [];
  /** Circles reported, and whether the report was the soft one of a circle that a timeout breaks. */
  readonly #reported = new Map<string, 'soft' | 'hard'>();
  readonly #fingerprints = new Set<string>();
  readonly #namesakes = new Namesakes();

  constructor(
    session: Session,
    store: DependencyStore,
    interrupts: Interrupts,
    policy: Policy,
    pools: PoolShares,
    families: Families,
    emit: (finding: Finding) => void,
  ) {
    this.#session = session;
    this.#store = store;
    this.#interrupts = interrupts;
    this.#policy = policy;
    this.#pools = pools;
    this.#families = families;
    this.#emit = emit;
  }

  /** Circles that no run can hang in, with the reason. */
  get filtered(): readonly FilteredCircle[] {
    return this.#aside.map((aside) => aside.filtered);
  }

  /** True when this circle of classes was reported before it came true. */
  wasReported(fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint);
  }

  /** A new edge closes a circle: reports the shortest one that can hang, or sets it aside. */
  close(edge: number): void {
    const { graph } = this.#store;
    const [from, to] = [graph.from(edge), graph.to(edge)];
    const path = shortestPath(graph, to, from);
    if (path === null) return;
    if (this.#tryReport([edge, ...path])) {
      // A short circle that a timeout breaks must not hide a longer one that nothing breaks.
      if ([edge, ...path].some((other) => this.#store.dependency(other).timed)) this.harden(edge);
      return;
    }
    for (const avoided of path.slice(0, MAX_DETOURS)) {
      const detour = shortestPath(graph, to, from, (other) => other !== avoided);
      if (detour !== null && this.#tryReport([edge, ...detour])) return;
    }
  }

  /** Something new is known of this edge: circles set aside because of the old sightings may count now. */
  reconsider(edge: number): void {
    this.#reconsider(this.#aside.filter((aside) => aside.edges.includes(edge)));
  }

  /** Pools of this class, or of any, may run dry after all. */
  reconsiderPools(key: ClassKey | null = null): void {
    const runsDry = ({ key: other }: EventClass): boolean => (key === null ? other.capacity > 1 : other === key);
    this.#reconsider(this.#aside.filter(({ filtered }) => filtered.circle.some(({ from }) => runsDry(from))));
  }

  #reconsider(open: readonly Aside[]): void {
    for (const aside of open) this.#aside.splice(this.#aside.indexOf(aside), 1);
    for (const aside of open) this.#tryReport(aside.edges);
    for (const other of open.flatMap(({ edges }) => edges)) {
      if (this.#aside.every(({ edges }) => !edges.includes(other))) this.#store.unwatch(other);
    }
  }

  /** An edge lost its timeout: a circle reported softly may be a deadlock after all. */
  harden(edge: number): void {
    const { graph } = this.#store;
    if (this.#store.dependency(edge).timed) return;
    const path = shortestPath(graph, graph.to(edge), graph.from(edge), (other) => !this.#store.dependency(other).timed);
    if (path !== null) this.#tryReport([edge, ...path]);
  }

  /**
   * What this edge stands for, which began then, is over and was done under that hold. `isBehind` tells what the code that runs
   * now has behind it. @returns true when the hold was not known to keep it apart from nothing
   */
  done(edge: number, hold: EventContext, begin: Tick, isBehind: (begin: Tick) => boolean): boolean {
    const isSplit = this.#forks.note(hold, edge, begin, isBehind);
    if (isSplit) this.reconsider(edge);
    return isSplit;
  }

  contextBegins(context: Context): void {
    if (this.#namesakes.add(context.name) !== 2) return;
    const waiting = this.#aside.filter(({ filtered }) => filtered.reason === 'single-context');
    for (const { edges } of waiting) this.reconsider(edges[0] as number);
  }

  /** Reports a circle given in the order of its path, newest dependency first; also one of instances of one class. */
  report(found: readonly Dependency[]): void {
    const circle = named(inReadingOrder(this.#interrupts.merge(found)));
    const fingerprint = circleFingerprint('DEPT001', circle);
    const softness = circle.some((dependency) => dependency.timed) ? 'soft' : 'hard';
    const key = circleKey(circle, this.#families);
    const before = this.#reported.get(key);
    const isRepeat = before === 'hard' || before === softness;
    if (isRepeat && this.#policy.rules === 'dept') return;
    this.#reported.set(key, softness);
    this.#fingerprints.add(fingerprint);
    this.#emit({
      code: 'DEPT001',
      kind: 'circular',
      severity: softness === 'soft' ? 'warning' : 'error',
      fingerprint,
      rules: this.#policy.rules,
      circle,
      message: sentence(circle, 'some-day'),
      help: adviceFor(circle),
      predictedBy: null,
      openWaits: [],
      stack: learntAt(found[0]) ?? this.#session.capture(),
      at: this.#session.now,
    });
  }

  /** @returns false when the circle cannot hang */
  #tryReport(edges: readonly number[]): boolean {
    const circle = edges.map((edge) => this.#store.dependency(edge));
    const excluded = this.#backOff(edges, circle) ?? (this.#policy.filters ? this.#exclusion(edges, circle) : null);
    if (excluded === null) {
      this.report(circle);
      return true;
    }
    const fingerprint = circleFingerprint('DEPT001', circle);
    this.#aside.push({ edges, filtered: { ...excluded, circle, fingerprint } });
    for (const edge of edges) this.#store.watch(edge);
    return false;
  }

  /** Where everybody has an acquire context, one of them backs off; one who has none waits, and is waited for. */
  #backOff(edges: readonly number[], circle: readonly Dependency[]): ReturnType<typeof excludedBy> {
    if (!edges.every((edge) => this.#store.isGrouped(edge))) return null;
    return { reason: 'backs-off', because: circle[0]?.from.key.name ?? '' };
  }

  #exclusion(edges: readonly number[], circle: readonly Dependency[]): ReturnType<typeof excludedBy> {
    // An interrupt comes when it likes: no order or gate keeps it away.
    if (circle.some((dependency) => dependency.irqs.length > 0)) return null;
    const around: Around = {
      isAlone: (context) => this.#namesakes.isAlone(context.name),
      areTogether: (object, left, right) => this.#forks.areTogether(object, left, right),
      limitOf: (key) => this.#pools.limitOf(key),
      isSplit: (key, object) => this.#pools.isSplit(key, object),
    };
    const seen = edges.map((edge, i) => ({
      edge,
      dependency: circle[i] as Dependency,
      sightings: this.#store.sightings(edge),
    }));
    return excludedBy(seen, around);
  }
}

/** The newest dependency stays first; each one after it waits for the event of the one before (print_circle). */
export function inReadingOrder(path: readonly Dependency[]): readonly Dependency[] {
  return [...path.slice(0, 1), ...path.slice(1).reverse()];
}

/** The very classes of a circle, from any of its edges; a fingerprint also stands for namesakes in the same file. */
function circleKey(circle: readonly Dependency[], families: Families): string {
  const ids = withoutRepeats(
    circle.map(({ from, irqs }) => `${families.rootOf(from.key).id}:${from.sub}${irqs.join('')}`),
  );
  const turns = ids.map((_, shift) => [...ids.slice(shift), ...ids.slice(0, shift)].join());
  return turns.sort()[0] ?? '';
}

/** Where the dependency showed itself. */
function learntAt(dependency: Dependency | undefined): Stack | null {
  return (dependency?.rule === 'wait' ? dependency.wait.stack : dependency?.event.stack) ?? null;
}
