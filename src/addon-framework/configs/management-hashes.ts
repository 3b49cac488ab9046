import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnStatus,
  ConfigSpecHash,
} from '../../apis/addon/v1alpha1.ts'
import { specHash } from '../spec-hash.ts'
import { type ConfigResource, configKey } from './config-reference.ts'
import type { ConfigSource } from './config-source.ts'

/** The status with what each configuration says now; the same if there is nothing to change. A configuration that is not there says nothing. */
export function withCurrentHashes(
  status: ClusterManagementAddOnStatus,
  configs: Pick<ConfigSource, 'has' | 'get'>,
): ClusterManagementAddOnStatus {
  let isChanged = false
  const current = <T extends ConfigResource & { readonly desiredConfig?: ConfigSpecHash }>(
    reference: T,
  ): T => {
    const { desiredConfig: desired } = reference
    if (!desired?.name || !configs.has(reference)) return reference
    const config = configs.get(reference, desired)
    const hash = config ? specHash(config) : ''
    if (hash === (desired.specHash ?? '')) return reference
    isChanged = true
    return { ...reference, desiredConfig: { ...desired, specHash: hash } }
  }
  const { defaultconfigReferences: defaults, installProgressions } = status
  const changed: ClusterManagementAddOnStatus = {
    ...status,
    ...(defaults && { defaultconfigReferences: defaults.map(current) }),
    ...(installProgressions && {
      installProgressions: installProgressions.map((each) =>
        each.configReferences ? { ...each, configReferences: each.configReferences.map(current) } : each,
      ),
    }),
  }
  return isChanged ? changed : status
}

/** Under which keys a ClusterManagementAddOn is found by its configurations. */
export function configsOfManagement({ status }: ClusterManagementAddOn): readonly string[] {
  const references = [
    ...(status?.defaultconfigReferences ?? []),
    ...(status?.installProgressions ?? []).flatMap(({ configReferences = [] }) => configReferences),
  ]
  return references.flatMap((reference) =>
    reference.desiredConfig?.name ? [configKey(reference, reference.desiredConfig)] : [],
  )
}
