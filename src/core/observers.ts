import type { Observer } from './vocabulary.ts';

type Verb = Exclude<keyof Observer, 'skipsTaken'>;

/** Observers that hear of one verb, in the order in which they were added. */
type Listening<V extends Verb> = readonly Required<Pick<Observer, V>>[];

/** Who hears of what: each hook point calls those who listen to its verb and nobody in vain. */
export class Observers {
  onWait: Listening<'onWait'> = [];
  onBlocked: Listening<'onBlocked'> = [];
  onWaited: Listening<'onWaited'> = [];
  onTaken: Listening<'onTaken'> = [];
  onEnter: Listening<'onEnter'> = [];
  onExit: Listening<'onExit'> = [];
  onRequest: Listening<'onRequest'> = [];
  onEvent: Listening<'onEvent'> = [];
  onContextBegin: Listening<'onContextBegin'> = [];
  onContextEnd: Listening<'onContextEnd'> = [];
  onHandover: Listening<'onHandover'> = [];
  onIrqEnable: Listening<'onIrqEnable'> = [];
  onIrqDisable: Listening<'onIrqDisable'> = [];
  onInit: Listening<'onInit'> = [];
  onDestroy: Listening<'onDestroy'> = [];
  onMisuse: Listening<'onMisuse'> = [];
  /** True while somebody hears everything of locks that are taken because they are free. */
  hearsTaken = false;
  #all: readonly Observer[] = [];

  add(observer: Observer): void {
    this.#all = [...this.#all, observer];
    this.#sort();
  }

  /** One that was never added is no error. */
  remove(observer: Observer): void {
    const at = this.#all.indexOf(observer);
    if (at < 0) return;
    this.#all = this.#all.toSpliced(at, 1);
    this.#sort();
  }

  /** New lists, so that whoever is being told just now is not disturbed. */
  #sort(): void {
    this.hearsTaken = this.#all.some((observer) => hearsHolds(observer) && observer.skipsTaken !== true);
    this.onWait = this.#listening('onWait');
    this.onBlocked = this.#listening('onBlocked');
    this.onWaited = this.#listening('onWaited');
    this.onTaken = this.#listening('onTaken');
    this.onEnter = this.#listening('onEnter');
    this.onExit = this.#listening('onExit');
    this.onRequest = this.#listening('onRequest');
    this.onEvent = this.#listening('onEvent');
    this.onContextBegin = this.#listening('onContextBegin');
    this.onContextEnd = this.#listening('onContextEnd');
    this.onHandover = this.#listening('onHandover');
    this.onIrqEnable = this.#listening('onIrqEnable');
    this.onIrqDisable = this.#listening('onIrqDisable');
    this.onInit = this.#listening('onInit');
    this.onDestroy = this.#listening('onDestroy');
    this.onMisuse = this.#listening('onMisuse');
  }

  #listening<V extends Verb>(verb: V): Listening<V> {
    return this.#all.filter((observer): observer is Required<Pick<Observer, V>> => observer[verb] !== undefined);
  }
}

function hearsHolds(observer: Observer): boolean {
  return (['onWait', 'onWaited', 'onEnter', 'onExit'] as const).some((verb) => observer[verb] !== undefined);
}
