// idb-upgrade-blocked [lucky] (idb) - the connection is closed before
import 'fake-indexeddb/auto';
import { openDB } from 'idb';

const first = await openDB('notes', 1, { upgrade(db) { db.createObjectStore('notes'); },
});
await first.put('notes', 'text', 1);
first.close();
const second = await openDB('notes', 2, { upgrade(db) { db.createObjectStore('tags'); } });
console.log('done', second.version);
second.close();
