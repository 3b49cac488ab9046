import type { QuotaStatusesComponents } from '../admission/index.ts'
import { trackUpdate } from '../apply/index.ts'
import type { KubeObject, ObjectRegistry, ResourceType } from '../registry/index.ts'
import type { ServedResource } from '../resources/index.ts'

const QUOTAS = 'resourcequotas'
const WRITER = 'kube-apiserver'

export interface QuotaStatusWriterComponents {
  readonly registry: ObjectRegistry
  readonly builtin: readonly ServedResource[]
  readonly now: () => number
}

/** Writes what of a quota is used, as this server itself. */
export function quotaStatusWriter({
  registry,
  builtin,
  now,
}: QuotaStatusWriterComponents): QuotaStatusesComponents['writeStatus'] {
  const quotas = builtin.find(({ storedResource }) => storedResource === QUOTAS)
  if (!quotas) throw new Error(`there is no built-in resource ${QUOTAS}`)
  const type = quotas.typeOf('status') as ResourceType
  return async (target, status) => {
    await registry.update(type, target, (old) => {
      const writer = { manager: WRITER, now: now() }
      return trackUpdate(
        quotas.managedType('status'),
        old,
        { ...old, status: status(old) },
        writer,
      ) as KubeObject
    })
  }
}
