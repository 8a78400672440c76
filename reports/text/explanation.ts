import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding, OpenWait } from '../../src/core/finding.ts';
import { alikeText, contextLetter, oneLine } from './names.ts';
import { waitingBehindLines } from './waiting-behind.ts';

/**
 * The finding in plain words, as it stands under the DEPT report: what can happen, who the lettered contexts are, what
 * to do, and where to read on. Whole lines.
 */
export function explain(finding: Finding): string {
  const contexts =
    finding.circle.length > 0 ? finding.circle.map(circleContext) : finding.openWaits.map(openWaitContext);
  const lines = [
    finding.message,
    ...contexts,
    ...waitingBehindLines(finding),
    ...finding.help.map((advice) => `help: ${advice}`),
    ...(finding.predictedBy === null ? [] : [`predicted before by: ${finding.predictedBy}`]),
    `${finding.code} ${finding.severity} ${finding.fingerprint} (${finding.rules} rules), more: dept explain ${finding.code}`,
  ];
  return `${lines.map(oneLine).join('\n')}\n`;
}

function circleContext(dependency: Dependency, index: number): string {
  return `context ${contextLetter(index)} is ${dependency.context.name}${instanceText(dependency)}, by rule ${dependency.rule}`;
}

/** Which instances it was, where their names say more than their classes'. */
function instanceText({ instances, from, to }: Dependency): string {
  if (instances === null) return '';
  if (instances.fromLabel === from.key.name && instances.toLabel === to.key.name) return '';
  return ` (${instances.fromLabel} needs ${instances.toLabel})`;
}

function openWaitContext(wait: OpenWait, index: number): string {
  return `context ${contextLetter(index)} is ${wait.contextName}, waiting for ${wait.objectLabel}${alikeText(wait)}`;
}
