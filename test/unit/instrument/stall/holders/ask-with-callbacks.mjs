// The same: what is held was asked for with a callback, so that nobody was given a promise.
import { EventEmitter, once } from 'node:events';
import semaphore from 'semaphore';
import { nothing, service } from './service.mjs';

/** Who asks with a callback stands in the function that holds; a process lets that go on. */
export function withCallback() {
  const lock = semaphore(1);
  async function inOneFunction() {
    let go = nothing;
    const got = new Promise((resolve) => {
      go = resolve;
    });
    lock.take(() => go());
    await got;
    lock.take(() => lock.leave());
    await once(service, 'exit');
    lock.leave();
  }
  void inOneFunction();
}

/** The same, but that what was asked for lets it go on. */
export function withCallbackAwaited() {
  const lock = semaphore(1);
  async function inItsFunction() {
    let go = nothing;
    const got = new Promise((resolve) => {
      go = resolve;
    });
    lock.take(() => go());
    await got;
    let tell = nothing;
    const told = new Promise((resolve) => {
      tell = resolve;
    });
    lock.take(() => tell());
    await told;
    lock.leave();
  }
  void inItsFunction();
}

/** Somebody asks with a callback, in a function that is over; a process lets the holder go on. */
export function besideCallback() {
  const lock = semaphore(1);
  const ask = () => lock.take(() => lock.leave());
  async function asking() {
    let go = nothing;
    const got = new Promise((resolve) => {
      go = resolve;
    });
    lock.take(() => go());
    await got;
    void ask();
    await once(service, 'exit');
    lock.leave();
  }
  void asking();
}

/** That callback tells the holder. */
export function forCallback() {
  const lock = semaphore(1);
  const news = new EventEmitter();
  const ask = () => lock.take(() => news.emit('asked'));
  async function askingForNews() {
    let go = nothing;
    const got = new Promise((resolve) => {
      go = resolve;
    });
    lock.take(() => go());
    await got;
    void ask();
    await once(news, 'asked');
    lock.leave();
  }
  void askingForNews();
}
