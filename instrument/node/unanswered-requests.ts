/** What servers of this process have not answered yet, the oldest first. */
const unanswered = new Set<object>();

export function isAsked(request: object): void {
  unanswered.add(request);
}

/** It is answered, or nobody wants an answer any more. */
export function isAnswered(request: object): void {
  unanswered.delete(request);
}

/** The request that has waited longest; null when all are answered. */
export function oldestUnanswered(): object | null {
  for (const request of unanswered) return request;
  return null;
}
