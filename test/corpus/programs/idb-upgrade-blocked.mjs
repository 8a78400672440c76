// idb-upgrade-blocked [hang] (idb) - a database is opened in a higher version while the program itself has a connection to it
import 'fake-indexeddb/auto';
import { openDB } from 'idb';

const first = await openDB('notes', 1, { upgrade(db) { db.createObjectStore('notes'); },
});
await first.put('notes', 'text', 1);
const second = await openDB('notes', 2, { upgrade(db) { db.createObjectStore('tags'); } });
console.log('done', second.version);
second.close();
