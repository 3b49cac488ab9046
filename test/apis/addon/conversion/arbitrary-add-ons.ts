import fc from 'fast-check'
import { NO_DEFAULT_CONFIG_NAME } from '../../../../src/apis/addon/constants.ts'
import type * as v1alpha1 from '../../../../src/apis/addon/v1alpha1.ts'
import type * as v1beta1 from '../../../../src/apis/addon/v1beta1.ts'

/** Add-ons with all that a schema lets be there. */

const GROUP = 'addon.open-cluster-management.io'
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/)
const words = fc.array(word, { maxLength: 3 })

/** Every field may be there or not. */
function optional<T extends object>(
  fields: { [K in keyof T]-?: fc.Arbitrary<T[K]> },
): fc.Arbitrary<Partial<T>> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>
}

const metadata = fc.record(
  {
    name: word,
    labels: fc.dictionary(word, word),
    annotations: fc.dictionary(word, word, { minKeys: 1 }),
    finalizers: words,
  },
  { requiredKeys: ['name'] },
)
const groupResource = { group: word, resource: word }
const referent = fc.record({ name: word, namespace: word }, { requiredKeys: ['name'] })
const specHash = fc.record({ name: word, namespace: word, specHash: word }, { requiredKeys: ['name'] })
const config = fc.record(
  { ...groupResource, name: word, namespace: word },
  { requiredKeys: ['resource', 'name'] },
)
const addOnMeta = optional({ displayName: word, description: word })
const coordinates = optional({ crName: word, crdName: word, lastObservedGeneration: fc.nat() })
const defaultReferences = fc.array(
  fc.record({ ...groupResource, desiredConfig: specHash }, { requiredKeys: ['resource'] }),
)
const installStrategy = fc.constant({
  type: 'Placements',
  placements: [{ namespace: 'a', name: 'b', rolloutStrategy: { type: 'All' } }],
} as const)
const installProgressions = fc.constant([{ namespace: 'a', name: 'b', conditions: [] }])

export const clusterManagementAddOns: fc.Arbitrary<v1alpha1.ClusterManagementAddOn> = fc.record(
  {
    apiVersion: fc.constant(`${GROUP}/v1alpha1`),
    kind: fc.constant('ClusterManagementAddOn'),
    metadata,
    spec: optional({
      addOnMeta,
      addOnConfiguration: coordinates,
      installStrategy,
      supportedConfigs: fc.array(
        fc.record({ ...groupResource, defaultConfig: referent }, { requiredKeys: ['resource'] }),
      ),
    }),
    status: optional({ defaultconfigReferences: defaultReferences, installProgressions }),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
) as fc.Arbitrary<v1alpha1.ClusterManagementAddOn>

export const newClusterManagementAddOns: fc.Arbitrary<v1beta1.ClusterManagementAddOn> = fc.record(
  {
    apiVersion: fc.constant(`${GROUP}/v1beta1`),
    kind: fc.constant('ClusterManagementAddOn'),
    metadata,
    spec: optional({
      addOnMeta,
      installStrategy,
      defaultConfigs: fc.array(
        fc.oneof(config, fc.record({ ...groupResource, name: fc.constant(NO_DEFAULT_CONFIG_NAME) })),
      ),
    }),
    status: optional({ defaultConfigReferences: defaultReferences, installProgressions }),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
) as fc.Arbitrary<v1beta1.ClusterManagementAddOn>

const healthCheck = fc.record({ mode: fc.constantFrom('Lease', 'Customized') })
const conditions = fc.constant([])
const userAndGroups = { user: word, groups: words }
const commonStatus = {
  conditions,
  addOnMeta,
  healthCheck,
  namespace: word,
  supportedConfigs: fc.array(fc.record(groupResource)),
  relatedObjects: fc.array(fc.record({ ...groupResource, name: word })),
}
const reference = {
  ...groupResource,
  lastObservedGeneration: fc.nat(),
  desiredConfig: specHash,
  lastAppliedConfig: specHash,
}
const driver = fc.constantFrom('csr', 'token')

export const managedClusterAddOns: fc.Arbitrary<v1alpha1.ManagedClusterAddOn> = fc.record(
  {
    apiVersion: fc.constant(`${GROUP}/v1alpha1`),
    kind: fc.constant('ManagedClusterAddOn'),
    metadata,
    spec: optional({ installNamespace: word, configs: fc.array(config) }),
    status: optional({
      ...commonStatus,
      addOnConfiguration: coordinates,
      kubeClientDriver: driver,
      configReferences: fc.array(
        fc.record(
          { ...reference, name: word, namespace: word },
          { requiredKeys: ['resource', 'name', 'desiredConfig'] },
        ),
      ),
      registrations: fc.array(
        fc.record(
          {
            signerName: fc.constantFrom('kubernetes.io/kube-apiserver-client', 'example.com/signer'),
            subject: optional({ ...userAndGroups, organizationUnit: words }),
          },
          { requiredKeys: ['signerName'] },
        ),
      ),
    }),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
) as fc.Arbitrary<v1alpha1.ManagedClusterAddOn>

/** All identities for the hub's API server have one driver, as v1alpha1 has place for one. */
export const newManagedClusterAddOns: fc.Arbitrary<v1beta1.ManagedClusterAddOn> = driver.chain((own) =>
  fc.record(
    {
      apiVersion: fc.constant(`${GROUP}/v1beta1`),
      kind: fc.constant('ManagedClusterAddOn'),
      metadata,
      spec: optional({ configs: fc.array(config) }),
      status: optional({
        ...commonStatus,
        configReferences: fc.array(fc.record(reference, { requiredKeys: ['resource', 'desiredConfig'] })),
        registrations: fc.array(
          fc.oneof(
            fc.record({
              type: fc.constant('kubeClient'),
              kubeClient: fc.record(
                { driver: fc.constant(own), subject: optional(userAndGroups) },
                { requiredKeys: ['driver'] },
              ),
            }),
            fc.record({
              type: fc.constant('customSigner'),
              customSigner: fc.record(
                {
                  signerName: fc.constant('example.com/signer'),
                  subject: optional({ ...userAndGroups, organizationUnits: words }),
                },
                { requiredKeys: ['signerName'] },
              ),
            }),
          ),
        ),
      }),
    },
    { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
  ),
) as fc.Arbitrary<v1beta1.ManagedClusterAddOn>
