import type { Guard } from '../../src/sync/user/guard.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';

/** What a random program is made of. Numbers name locks, promises and places; each is taken modulo how many there are. */
export type Statement =
  | {
      readonly kind: 'lock' | 'try' | 'unlock' | 'sleep' | 'tick' | 'resolve' | 'await' | 'give' | 'take';
      readonly n: number;
    }
  | { readonly kind: 'fail' }
  | { readonly kind: 'call' | 'hand-on' | 'spawn' | 'later' | 'soon'; readonly body: Program }
  | { readonly kind: 'shared'; readonly n: number; readonly body: Program }
  | { readonly kind: 'all' | 'settled' | 'race' | 'any' | 'each'; readonly bodies: readonly Program[] };

export type Program = readonly Statement[];

interface Waited {
  readonly name: string;
  /** When it was granted. */
  readonly at: number;
}

interface Token extends Waited {
  readonly guard: Guard;
}

/** Code that runs, with all that it has behind it, told from hand to hand and not by any hook. */
class Task {
  readonly past: Set<Waited>;
  readonly tokens: Token[] = [];

  constructor(past: ReadonlySet<Waited>) {
    this.past = new Set(past);
  }

  goesOnAfter(past: Iterable<Waited>): void {
    for (const waited of past) this.past.add(waited);
  }
}

class Failed extends Error {
  readonly task: Task;

  constructor(task: Task) {
    super('on purpose');
    this.task = task;
  }
}

interface Told {
  readonly promise: Promise<ReadonlySet<Waited>>;
  readonly resolve: (past: ReadonlySet<Waited>) => void;
}

const LOCKS = ['A', 'B', 'C', 'D', 'E'];
const PLACES = 3;

/**
 * Runs a random program, and says which release had to wait for which other one: those waits that its own code had behind it,
 * since it took what it releases. The oracle of attribution: every function hands on what it knows by itself.
 */
export class ToldProgram {
  readonly expected: Set<string> = new Set();
  readonly #mutexes = LOCKS.map((name) => new Mutex({ name }));
  readonly #told: Told[] = Array.from({ length: PLACES }, () => told());
  readonly #shared: (Promise<Task> | undefined)[] = [];
  readonly #given: (Token | undefined)[] = [];
  readonly #provesItself: boolean;

  /** @param provesItself true: who gives back a lock counts as having waited for it, also where another task has handed it over */
  constructor(provesItself = false) {
    this.#provesItself = provesItself;
  }

  start(program: Program): void {
    void this.#run(program, new Task(new Set())).catch(() => undefined);
  }

  /** Ends what waits for promises that nobody resolves. */
  finish(): void {
    for (const { resolve } of this.#told) resolve(new Set());
  }

  async #run(program: Program, task: Task): Promise<Task> {
    try {
      for (const statement of program) await this.#step(statement, task);
      return task;
    } finally {
      for (const token of task.tokens.splice(0).reverse()) this.#release(token, task);
    }
  }

  #child(program: Program, parent: Task): Promise<Task> {
    return this.#run(program, new Task(parent.past));
  }

  /** What it has behind it is what the code has that registers it. */
  #callback(program: Program, parent: Task): () => void {
    const task = new Task(parent.past);
    return () => void this.#run(program, task).catch(() => undefined);
  }

  #step(statement: Statement, task: Task): Promise<void> | void {
    switch (statement.kind) {
      case 'lock':
        return this.#lock(statement.n, task);
      case 'try':
        return this.#try(statement.n, task);
      case 'unlock':
        return this.#unlock(statement.n, task);
      case 'sleep':
        return new Promise((resolve) => void setTimeout(resolve, statement.n % 5));
      case 'tick':
        return Promise.resolve();
      case 'resolve':
        return this.#told[statement.n % PLACES]!.resolve(new Set(task.past));
      case 'await':
        return this.#told[statement.n % PLACES]!.promise.then((past) => task.goesOnAfter(past));
      case 'give':
        this.#given[statement.n % PLACES] ??= task.tokens.pop();
        return;
      case 'take':
        return this.#take(statement.n % PLACES, task);
      case 'fail':
        throw new Failed(task);
      case 'call':
        return this.#call(statement.body, task);
      case 'hand-on':
        return this.#call(statement.body, task, async (child) => child());
      case 'spawn':
        void this.#child(statement.body, task).catch(() => undefined);
        return;
      case 'later':
        setTimeout(this.#callback(statement.body, task), 1);
        return;
      case 'soon':
        queueMicrotask(this.#callback(statement.body, task));
        return;
      case 'shared':
        return this.#share(statement.n % PLACES, statement.body, task);
      case 'each':
        return this.#each(statement.bodies, task);
      default:
        return this.#several(statement.kind, statement.bodies, task);
    }
  }

  async #lock(n: number, task: Task): Promise<void> {
    const guard = await this.#mutexes[n % LOCKS.length]!.lock();
    const token = { name: LOCKS[n % LOCKS.length]!, at: guard.eventContext!.begin, guard };
    task.past.add(token);
    task.tokens.push(token);
  }

  #try(n: number, task: Task): void {
    const guard = this.#mutexes[n % LOCKS.length]!.tryLock();
    if (guard !== null) task.tokens.push({ name: LOCKS[n % LOCKS.length]!, at: guard.eventContext!.begin, guard });
  }

  #unlock(n: number, task: Task): void {
    const [token] = task.tokens.splice(n % Math.max(1, task.tokens.length), 1);
    if (token !== undefined) this.#release(token, task);
  }

  #take(place: number, task: Task): void {
    const token = this.#given[place];
    if (token === undefined) return;
    this.#given[place] = undefined;
    task.tokens.push(token);
  }

  #release(token: Token, task: Task): void {
    for (const { name, at } of task.past) {
      if (at > token.at && name !== token.name) this.expected.add(`${token.name}->${name}`);
    }
    if (this.#provesItself && token.guard.eventContext!.hasWait) task.past.add(token);
    token.guard.release();
  }

  /** @param hand gives the child to the caller: as it is, or as what an async function returns */
  async #call(body: Program, task: Task, hand = (child: () => Promise<Task>): Promise<Task> => child()): Promise<void> {
    try {
      task.goesOnAfter((await hand(() => this.#child(body, task))).past);
    } catch (error) {
      task.goesOnAfter((error as Failed).task.past);
    }
  }

  async #share(place: number, body: Program, task: Task): Promise<void> {
    this.#shared[place] ??= this.#child(body, task);
    try {
      task.goesOnAfter((await this.#shared[place]).past);
    } catch (error) {
      task.goesOnAfter((error as Failed).task.past);
    }
  }

  async #several(kind: 'all' | 'settled' | 'race' | 'any', bodies: readonly Program[], task: Task): Promise<void> {
    const children = bodies.map((body) => this.#child(body, task));
    if (children.length === 0) return;
    try {
      if (kind === 'all') for (const child of await Promise.all(children)) task.goesOnAfter(child.past);
      else if (kind === 'race') task.goesOnAfter((await Promise.race(children)).past);
      else if (kind === 'any') task.goesOnAfter((await Promise.any(children)).past);
      else {
        for (const child of await Promise.allSettled(children)) {
          task.goesOnAfter(child.status === 'fulfilled' ? child.value.past : (child.reason as Failed).task.past);
        }
      }
    } catch (error) {
      const failures = error instanceof AggregateError ? (error.errors as Failed[]) : [error as Failed];
      for (const { task: failed } of failures) task.goesOnAfter(failed.past);
    }
  }

  async #each(bodies: readonly Program[], task: Task): Promise<void> {
    const producer = new Task(task.past);
    const produce = async function* (this: ToldProgram): AsyncGenerator<ReadonlySet<Waited>> {
      for (const body of bodies) {
        await this.#call(body, producer);
        yield producer.past;
        producer.goesOnAfter(task.past);
      }
    };
    for await (const past of produce.call(this)) task.goesOnAfter(past);
    task.goesOnAfter(producer.past);
  }
}

function told(): Told {
  let resolve: Told['resolve'] = () => undefined;
  const promise = new Promise<ReadonlySet<Waited>>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
