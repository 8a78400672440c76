// idb-upgrade-blocked [fixed] (idb) - the connection is closed when it is asked to
import 'fake-indexeddb/auto';
import { openDB } from 'idb';

const first = await openDB('notes', 1, { upgrade(db) { db.createObjectStore('notes'); },
  blocking(currentVersion, blockedVersion, event) { event.target.close(); },
});
await first.put('notes', 'text', 1);
const second = await openDB('notes', 2, { upgrade(db) { db.createObjectStore('tags'); } });
console.log('done', second.version);
second.close();
