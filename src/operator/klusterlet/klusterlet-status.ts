import { isDeepStrictEqual } from 'node:util'
import type { Klusterlet, KlusterletStatus } from '../../apis/operator/v1.ts'
import type { ObjectPatcher } from '../../kube/index.ts'

/** Changes a Klusterlet's status, of which several controllers write their parts. Writes nothing where it changes nothing, and where the Klusterlet has gone. */
export async function changeStatus(
  klusterlets: ObjectPatcher<Klusterlet>,
  klusterlet: Klusterlet,
  change: (status: KlusterletStatus) => KlusterletStatus,
  signal: AbortSignal,
): Promise<void> {
  const statusChange = ({ status: before = {} }: Klusterlet) => {
    const status = change(before)
    return isDeepStrictEqual(status, before) ? undefined : { status }
  }
  await klusterlets.patch(klusterlet, statusChange, { signal, subresource: 'status' })
}
