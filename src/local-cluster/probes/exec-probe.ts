import { formatDuration } from '../../common/duration.ts'
import { errorMessage } from '../../common/errors.ts'
import { withDeadline } from '../../kube/index.ts'
import { ProbeTimeout } from './network-error.ts'
import { MOST_ANSWER_BYTES, type ProbeResult } from './probe-result.ts'

/** Runs a command where the container's processes run. Rejects when it could not be started, or did not end in time. */
export type RunCommand = (
  command: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>

/** Whether a command ends with 0 (kubernetes, pkg/probe/exec). */
export async function probeExec(
  command: readonly string[],
  run: RunCommand,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeout = new ProbeTimeout()
  let isLate = false
  const error = () => {
    isLate = true
    return timeout
  }
  try {
    const { exitCode, output } = await withDeadline({ ms: timeoutMs, error, signal }, (deadline) =>
      run(command, timeoutMs, deadline),
    )
    return { outcome: exitCode === 0 ? 'success' : 'failure', message: limited(output) }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!isLate) return { outcome: 'unknown', message: errorMessage(thrown) }
    const text = `${JSON.stringify(command.join(' '))} timed out after ${formatDuration(timeoutMs)}`
    return { outcome: 'failure', message: `command timed out: ${text}` }
  }
}

function limited(output: string): string {
  const bytes = Buffer.from(output)
  return bytes.length > MOST_ANSWER_BYTES ? bytes.subarray(0, MOST_ANSWER_BYTES).toString() : output
}
