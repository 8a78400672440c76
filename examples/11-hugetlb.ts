// hugetlb: the fault mutex and a folio, in hugetlb_wp and hugetlb_fault. DEPT v15 reported it (May 2025) once a folio
// lock counted as a wait even when it is free; lockdep cannot see the folio.
import { Folio, KernelMutex, type World } from 'dept/sync';
import { play, print, showDept, showGrowth, showLockdep, showReport } from './stage/show.ts';

const verdicts = await play('hugetlb: fault mutex and folio', (world: World) => {
  const faultMutex = new KernelMutex({ name: '&hugetlb_fault_mutex_table[i]' });
  const folio = new Folio({ label: 'pagecache folio' });
  world.task('hugetlb_wp', async () => {
    await folio.lock();
    await faultMutex.lock(); // taken again after it was dropped, with the folio still locked
    faultMutex.unlock();
    folio.unlock();
  });
  world.task('hugetlb_fault', async () => {
    await world.sleep(1);
    await faultMutex.lock();
    await folio.lock();
    folio.unlock();
    faultMutex.unlock();
  });
});

showLockdep(verdicts);
showDept('linux', verdicts.linux);
showGrowth('linux', verdicts.linux);
print('The report:\n');
showReport(verdicts.linux);
