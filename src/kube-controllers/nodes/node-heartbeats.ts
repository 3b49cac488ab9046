import type { Lease } from '../../apis/coordination/v1.ts'
import type { Node, NodeCondition } from '../../apis/core/v1.ts'

/** As kube-controller-manager's `--node-monitor-grace-period` was for long. */
const GRACE_MS = 40_000

/** As its `--node-startup-grace-period`: for a node that has never said how it is. */
const STARTUP_GRACE_MS = 60_000

/**
 * When nodes were heard of last. What counts is when something new was seen, and not the time that a node has written: its clock may
 * be another.
 */
export class NodeHeartbeats {
  readonly #seen = new Map<string, { readonly token: string; readonly at: number }>()

  /** How long it may still be silent, in ms; 0 or less when it has been for too long. */
  leftMs(node: Node, lease: Lease | undefined, nowMs: number): number {
    const { name = '', uid } = node.metadata
    const ready = readyOf(node)
    const token = JSON.stringify([uid, lease?.spec?.renewTime, ready?.lastHeartbeatTime])
    const seen = this.#seen.get(name)
    const at = seen?.token === token ? seen.at : nowMs
    this.#seen.set(name, { token, at })
    return at + (ready ? GRACE_MS : STARTUP_GRACE_MS) - nowMs
  }

  forget(name: string): void {
    this.#seen.delete(name)
  }
}

export function readyOf({ status }: Node): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}
