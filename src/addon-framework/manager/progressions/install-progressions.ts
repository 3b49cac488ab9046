import type {
  ClusterManagementAddOnSpec,
  InstallConfigReference,
  InstallProgression,
} from '../../../apis/addon/v1alpha1.ts'
import { isSameObject, resourceKey } from '../../configs/config-reference.ts'
import {
  type DesiredReference,
  desiredConfigs,
  listDesired,
  namedConfigs,
  overriddenBy,
} from '../../configs/desired-configs.ts'
import { defaultConfigs } from './default-configs.ts'

/**
 * Which configurations the clusters of each Placement are to have. What is known of a Placement is kept as long as it gets no configuration
 * that it did not have; else its rollout begins anew.
 */
export function installProgressions(
  { supportedConfigs, installStrategy }: ClusterManagementAddOnSpec,
  known: readonly InstallProgression[] = [],
): readonly InstallProgression[] {
  const defaults = desiredConfigs(defaultConfigs(supportedConfigs))
  return (installStrategy?.placements ?? []).map(({ namespace, name, configs }) => {
    const wanted = listDesired(overriddenBy(defaults, namedConfigs(configs)))
    const existing = known.find(
      (each) =>
        each.namespace === namespace &&
        each.name === name &&
        wanted.every((reference) => referenceTo(each, reference)),
    )
    return {
      namespace,
      name,
      configReferences: wanted.map((reference) => merged(reference, existing)),
      ...(existing?.conditions && { conditions: existing.conditions }),
    }
  })
}

function merged(
  wanted: DesiredReference,
  progression: InstallProgression | undefined,
): InstallConfigReference {
  const existing = progression && referenceTo(progression, wanted)
  if (!existing?.desiredConfig) return wanted
  const { desiredConfig, lastAppliedConfig, lastKnownGoodConfig } = existing
  return {
    ...wanted,
    desiredConfig: { ...wanted.desiredConfig, specHash: desiredConfig.specHash ?? '' },
    ...(lastAppliedConfig && { lastAppliedConfig }),
    ...(lastKnownGoodConfig && { lastKnownGoodConfig }),
  }
}

function referenceTo(
  { configReferences = [] }: InstallProgression,
  wanted: DesiredReference,
): InstallConfigReference | undefined {
  return configReferences.find(
    (each) =>
      resourceKey(each) === resourceKey(wanted) &&
      each.desiredConfig &&
      isSameObject(each.desiredConfig, wanted.desiredConfig),
  )
}
