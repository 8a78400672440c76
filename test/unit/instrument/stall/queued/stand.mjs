// Each waits for its own queue, with nothing but callbacks: the slot is given back in the callback of what waits for it.
import { readFile } from 'node:fs';
import async from 'async';
import BetterQueue from 'better-queue';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';

const nothing = () => undefined;
/** A server has its queues for as long as it lives. */
const queues = new Set();

export function itself() {
  const books = fastq((book, done) => {
    if (book.sequel === undefined) done();
    else setImmediate(() => books.push(book.sequel, (error) => done(error)));
  }, 1);
  books.push({ sequel: {} }, nothing);
  queues.add(books);
}

/** Somebody reads how many may run, and changes that of another queue. */
export function besideALimit() {
  const maps = fastq((map, done) => {
    if (map.isLast) done();
    else setImmediate(() => maps.push({ isLast: true }, () => done()));
  }, 1);
  maps.push({}, nothing);
  queues.add(maps);
  const other = fastq(nothing, 1);
  setInterval(() => (maps.concurrency === 1 ? nothing() : undefined), 600_000);
  setInterval(() => void other.concurrency++, 600_000);
}

/** What ends the one task is given to the other one as it is. */
export function directly() {
  const films = fastq((film, done) => {
    if (film.sequel === undefined) done();
    else films.unshift(film.sequel, done);
  }, 1);
  films.push({ sequel: {} }, nothing);
  queues.add(films);
}

export function afterAFile() {
  return new Promise((asked) => {
    const pages = fastq((page, done) => {
      if (page.next === undefined) return done();
      readFile(import.meta.filename, () => {
        pages.push(page.next, () => done());
        asked();
      });
    }, 1);
    pages.push({ next: {} }, nothing);
    queues.add(pages);
  });
}

/** In both slots: each counts how many of its own are left. */
export function forSeveral() {
  const songs = fastq((song, done) => {
    let left = song.parts?.length ?? 0;
    if (left === 0) return done();
    setImmediate(() => {
      for (const part of song.parts)
        songs.push({ part }, () => {
          if (--left === 0) done();
        });
    });
  }, 2);
  songs.push({ parts: [1, 2] }, nothing);
  queues.add(songs);
  songs.push({ parts: [3] }, nothing);
}

/** Somebody else waits behind them. */
export function eachOther() {
  const reads = fastq(
    (job, done) => setImmediate(() => (job.isLast ? done() : writes.push({ isLast: true }, done))),
    1,
  );
  const writes = fastq(
    (job, done) => setImmediate(() => (job.isLast ? done() : reads.push({ isLast: true }, done))),
    1,
  );
  queues.add(reads);
  queues.add(writes);
  reads.push({}, nothing);
  writes.push({}, nothing);
  reads.push({ isLast: true }, nothing);
}

export function ofAsync() {
  const mails = async.queue((mail, done) => {
    if (mail.copy === undefined) done();
    else setImmediate(() => mails.push(mail.copy, (error) => done(error)));
  }, 1);
  mails.push({ copy: {} }, nothing);
  queues.add(mails);
}

/** An async function that wraps a callback. */
export function ofAsyncAwaited() {
  const faxes = async.queue(async (fax) => {
    if (fax.copy !== undefined) await new Promise((resolve) => faxes.push(fax.copy, resolve));
  }, 1);
  faxes.push({ copy: {} }, nothing);
  queues.add(faxes);
}

export function ofCargo() {
  const cargo = async.cargo(([first], done) => {
    if (first.copy === undefined) done();
    else setImmediate(() => cargo.push(first.copy, () => done()));
  }, 2);
  cargo.push({ copy: {} }, nothing);
  queues.add(cargo);
}

export function ofBottleneck() {
  return new Promise((asked) => {
    const api = new Bottleneck({ maxConcurrent: 1 });
    const get = (id, done) => done(null, id);
    api.submit((done) => {
      api.submit(get, 'item', done);
      asked();
    }, nothing);
    queues.add(api);
  });
}

export function ofBetterQueue() {
  return new Promise((asked) => {
    const orders = new BetterQueue((order, done) => {
      if (order.next === undefined) return done();
      orders.push(order.next, () => done());
      asked();
    });
    orders.push({ next: {} }, nothing);
    queues.add(orders);
  });
}

/** A timer of the same task that looks at something else is nothing that gives the slot back. */
export function besideATimer() {
  const cards = fastq((card, done) => {
    if (card.next === undefined) return done();
    let looks = 0;
    setInterval(() => ++looks, 1_000);
    setImmediate(() => cards.push(card.next, (error) => done(error)));
  }, 1);
  cards.push({ next: {} }, nothing);
  queues.add(cards);
}
