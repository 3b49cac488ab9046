import type { CustomResourceConversion, CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import { clusterProfileCrd, hubCrds } from '../../apis/crds.ts'
import type { HubConfig } from './hub-config.ts'
import { ADDON_WEBHOOK_SERVICE } from './hub-names.ts'

/** The CRDs to go first, one after the other: with the add-ons go their ManifestWorks, and agents clean up what they applied. */
export const CRDS_TO_DELETE_IN_ORDER: readonly string[] = [
  'managedclusteraddons.addon.open-cluster-management.io',
  'manifestworks.work.open-cluster-management.io',
  'managedclusters.cluster.open-cluster-management.io',
  'manifestworkreplicasets.work.open-cluster-management.io',
]

/** The CRDs of a hub, as its ClusterManager wants them. They have all its labels. */
export function hubCrdManifests(
  config: Pick<HubConfig, 'namespace' | 'caBundle' | 'addonWebhook' | 'gates' | 'labels'>,
  ownLabels: Readonly<Record<string, string>> = {},
): CustomResourceDefinition[] {
  const labels = { ...ownLabels, ...config.labels }
  const crds = [
    ...hubCrds(addOnConversion(config)),
    ...(config.gates.clusterProfile ? [clusterProfileCrd()] : []),
  ]
  return crds.map((crd) => ({ ...crd, metadata: { ...crd.metadata, labels } }))
}

/** All that are deleted with the hub. ClusterProfiles may be somebody else's, too, and stay. */
export function hubCrdNames(): string[] {
  return hubCrds().map(({ metadata }) => metadata.name ?? '')
}

function addOnConversion({
  namespace,
  caBundle,
  addonWebhook,
}: Pick<HubConfig, 'namespace' | 'caBundle' | 'addonWebhook'>): CustomResourceConversion {
  return {
    strategy: 'Webhook',
    webhook: {
      clientConfig: {
        caBundle: Buffer.from(caBundle).toString('base64'),
        service: { namespace, name: ADDON_WEBHOOK_SERVICE, path: '/convert', port: addonWebhook.port },
      },
      conversionReviewVersions: ['v1', 'v1beta1'],
    },
  }
}
