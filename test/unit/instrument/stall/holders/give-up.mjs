// The holder waits for what he has, or for what waits for it, and a timer lets him go on, or not.
import { setTimeout as sleep } from 'node:timers/promises';
import { LONG_MS, nothing } from './service.mjs';

const late = () => sleep(LONG_MS).then(() => Promise.reject(new Error('late')));

/** What he waits for is raced against a timer. */
export function byRace({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  async function racing() {
    await lock.lock();
    await Promise.race([lock.lock(), late()]);
  }
  void racing().catch(nothing);
}

/** So it is where somebody else asks for it whom he awaits. */
export function byRaceOfAnother({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  async function asking() {
    await lock.lock();
  }
  async function racingWithAnother() {
    await lock.lock();
    await Promise.race([asking(), late()]);
  }
  void racingWithAnother().catch(nothing);
}

/** A promise of his own, which a timer settles if nothing else does before. */
export function byTimeLimit({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  const within = (promise) =>
    new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('late')), LONG_MS);
      promise.then(resolve, reject);
    });
  async function limiting() {
    await lock.lock();
    await within(lock.lock());
  }
  void limiting().catch(nothing);
}

/** A timer that is waited for as well. */
export function byTimerAsWell({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  async function waitingForBoth() {
    await lock.lock();
    await Promise.all([lock.lock(), late()]);
  }
  void waitingForBoth().catch(nothing);
}

/** Whoever awaits the holder gives up, and he does not. */
export function byRaceOfHisCaller({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  const asking = () => lock.lock();
  async function holding() {
    await lock.lock();
    await asking();
  }
  async function racingTheHolder() {
    await Promise.race([holding(), late()]);
  }
  void racingTheHolder().catch(nothing);
}

/** The race is of several of which none is a timer. */
export function byRaceWithoutTimer({ Mutex }) {
  const lock = new Mutex({ name: 'lock' });
  async function racingForTwo() {
    await lock.lock();
    await Promise.race([lock.lock(), lock.lock()]);
  }
  void racingForTwo().catch(nothing);
}
