/** What a lock is taken with, by its name. */
export const TAKING: RegExp =
  /^#?_*(?:acq|aquire|lock|take|enter|obtain|wait|p$|down$|request|reserve|claim|get|check_?out|pick_?up|borrow|begin|hold|grab|seize|lease|join|latch|slot|turn|permit|connect|with)/i;
/** The same, where a name alone says so. */
export const SURELY_TAKING: RegExp =
  /^call$|^#?_*(?:acq|aquire|lock|take|enter|obtain|reserve|claim|check_?out|borrow|hold|grab|seize|lease|latch|\w*(?:Lock|Slot|Turn|Permit|Mutex|Semaphore)$)/i;
/** What it is given back with. */
export const GIVING: RegExp =
  /^#?_*(?:release|unlock|free|leave|exit|give|return|check_?in|recycle|signal|v$|up$|post$|done$|end(?![a-z])|finish|put_?(?:back|down)|hand_?back|drop$|yield|complete|relinquish)/i;
/** What is taken and given by these is no turn but a thing, or a sign. */
export const CHANNEL: RegExp =
  /^#?_*(?:put|push|offer|send|emit|publish|notify|set|resume|start|fire|trigger|add|enqueue|write|feed|produce|supply|arrive|count|resolve|reject|take|get|pop|next|shift|read|receive|poll|recv|pull|dequeue|wait|await|subscribe|listen|then|iterator)|^#?_*(?:open|close)$/i;
/** Does not wait. */
export const TRYING: RegExp = /^#?_*(?:try|is|has|can|on|peek)(?![a-z])/;
/** A function that is given to be called in its turn, not one that is told of something. */
export const TASK: RegExp =
  /^_*(?:f|g|fn|func|function_?|cb|callback|thunk|task|work|job|action|act|op|operation|body|block|run|runner|use|critical|section|closure|proc|procedure|exec|executor|callable|call|command|cmd|method|fetcher|producer|generator|supplier|next|what|promise\w*|async\w*|\w*(?:Fn|Func|Function|Task|Work|Job|Action|Operation|Callback|Body|Block|Thunk))$/;
