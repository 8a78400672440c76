// The report that the documentation reads line by line: ntfs3 takes ni_lock and then waits for a folio, while the read
// path has the folio locked and takes ni_lock. lockdep cannot see the folio. Printed in the layout of that time, with
// 4 spaces. (fs/ntfs3: attr_data_get_block, ntfs_read_folio; fs/ntfs3/inode.c)
import { Folio, KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLockdep, showReport } from './stage/show.ts';

const verdicts = await play('ntfs3: ni_lock and PG_locked', (world: World) => {
  const niLock = new KernelMutex({ name: '&ni->ni_lock' });
  const folio = new Folio({ label: 'f1' });

  async function ntfsReadFolio(): Promise<void> {
    await folio.lock(); // filemap_fault takes it for the reader
    await niLock.lock(); // ni_lock(ni), to look at the run list
    niLock.unlock();
    folio.unlock(); // when the read has ended
  }

  async function ntfsTruncate(): Promise<void> {
    await niLock.lock(); // ni_lock(ni)
    await folio.lock(); // attr_set_size -> truncate_setsize -> folio_wait_bit_common
    folio.unlock();
    niLock.unlock();
  }

  world.task('read', ntfsReadFolio);
  world.task('truncate', async () => {
    await world.sleep(1);
    await ntfsTruncate();
  });
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showDept('dept', verdicts.dept);
showGrowth('linux', verdicts.linux);
print('The report, in the older layout with 4 spaces:\n');
showReport(verdicts.linux, 4);
