import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clusterManagementAddOnToV1Alpha1,
  clusterManagementAddOnToV1Beta1,
} from '../../../../src/apis/addon/conversion/cluster-management-add-on.ts'
import {
  managedClusterAddOnToV1Alpha1,
  managedClusterAddOnToV1Beta1,
} from '../../../../src/apis/addon/conversion/managed-cluster-add-on.ts'
import type * as v1alpha1 from '../../../../src/apis/addon/v1alpha1.ts'
import { deepFreeze } from '../../../../src/common/deep-freeze.ts'
import {
  clusterManagementAddOns,
  managedClusterAddOns,
  newClusterManagementAddOns,
  newManagedClusterAddOns,
} from './arbitrary-add-ons.ts'

const API_SERVER_SIGNER = 'kubernetes.io/kube-apiserver-client'
const INSTALL_NAMESPACE = 'addon.open-cluster-management.io/v1alpha1-install-namespace'

describe('a ClusterManagementAddOn', () => {
  it('is the same in v1alpha1 again, but for its own configuration', () => {
    fc.assert(
      fc.property(clusterManagementAddOns, (addOn) => {
        const back = clusterManagementAddOnToV1Alpha1(clusterManagementAddOnToV1Beta1(deepFreeze(addOn)))
        const { addOnConfiguration: _lost, ...spec } = addOn.spec
        expect(back).toEqual({ ...addOn, spec })
      }),
    )
  })

  it('is the same in v1beta1 again', () => {
    fc.assert(
      fc.property(newClusterManagementAddOns, (addOn) => {
        expect(clusterManagementAddOnToV1Beta1(clusterManagementAddOnToV1Alpha1(deepFreeze(addOn)))).toEqual(
          addOn,
        )
      }),
    )
  })

  it('has a name that no object can have where there is no default configuration', () => {
    const addOn = clusterManagementAddOnToV1Beta1({
      metadata: { name: 'a' },
      spec: {
        supportedConfigs: [
          { group: 'g', resource: 'r' },
          { resource: 's', defaultConfig: { name: 'n', namespace: 'ns' } },
        ],
      },
    })
    expect(addOn).toEqual({
      apiVersion: 'addon.open-cluster-management.io/v1beta1',
      metadata: { name: 'a' },
      spec: {
        defaultConfigs: [
          { group: 'g', resource: 'r', name: '__reserved_no_default__' },
          { resource: 's', name: 'n', namespace: 'ns' },
        ],
      },
    })
  })

  it('has no default configuration in v1alpha1 where the name is empty', () => {
    const addOn = clusterManagementAddOnToV1Alpha1({
      metadata: { name: 'a' },
      spec: { defaultConfigs: [{ resource: 'r', name: '', namespace: 'ns' }] },
    })
    expect(addOn.spec.supportedConfigs).toEqual([{ resource: 'r' }])
  })
})

describe('a ManagedClusterAddOn', () => {
  it('is the same in v1alpha1 again, but for what v1beta1 has no place for', () => {
    fc.assert(
      fc.property(managedClusterAddOns, (addOn) => {
        const back = managedClusterAddOnToV1Alpha1(managedClusterAddOnToV1Beta1(deepFreeze(addOn)))
        expect(back).toEqual(withoutLost(addOn))
      }),
    )
  })

  it('is the same in v1beta1 again', () => {
    fc.assert(
      fc.property(newManagedClusterAddOns, (addOn) => {
        expect(managedClusterAddOnToV1Beta1(managedClusterAddOnToV1Alpha1(deepFreeze(addOn)))).toEqual(addOn)
      }),
    )
  })

  it('keeps its namespace in an annotation, which nobody sees in v1alpha1', () => {
    const old = { metadata: { name: 'a' }, spec: { installNamespace: 'ns' } }
    const converted = managedClusterAddOnToV1Beta1(old)
    expect(converted.metadata).toEqual({ name: 'a', annotations: { [INSTALL_NAMESPACE]: 'ns' } })
    expect(converted.spec).toEqual({})
    expect(managedClusterAddOnToV1Alpha1(converted)).toMatchObject(old)
    expect(managedClusterAddOnToV1Alpha1(converted).metadata).not.toHaveProperty('annotations')
  })

  it('has the driver with each identity for the API server, and with no other', () => {
    const { status } = managedClusterAddOnToV1Beta1({
      metadata: { name: 'a' },
      spec: {},
      status: {
        kubeClientDriver: 'token',
        registrations: [
          { signerName: API_SERVER_SIGNER, subject: { user: 'u', groups: ['g'], organizationUnit: ['o'] } },
          { signerName: API_SERVER_SIGNER },
          { signerName: 'example.com/signer', subject: { user: 'v', organizationUnit: ['o'] } },
        ],
      },
    })
    expect(status).toEqual({
      registrations: [
        { type: 'kubeClient', kubeClient: { subject: { user: 'u', groups: ['g'] }, driver: 'token' } },
        { type: 'kubeClient', kubeClient: { driver: 'token' } },
        {
          type: 'customSigner',
          customSigner: {
            signerName: 'example.com/signer',
            subject: { user: 'v', organizationUnits: ['o'] },
          },
        },
      ],
    })
  })

  it('has the driver of its first identity that says anything', () => {
    const { status } = managedClusterAddOnToV1Alpha1({
      metadata: { name: 'a' },
      spec: {},
      status: {
        registrations: [
          { type: 'customSigner' },
          { type: 'kubeClient' },
          { type: 'kubeClient', kubeClient: { driver: 'csr' } },
          { type: 'kubeClient', kubeClient: { driver: 'token' } },
        ],
      },
    })
    expect(status).toEqual({
      kubeClientDriver: 'csr',
      registrations: [
        { signerName: '' },
        { signerName: API_SERVER_SIGNER },
        { signerName: API_SERVER_SIGNER },
        { signerName: API_SERVER_SIGNER },
      ],
    })
  })

  it('has the deprecated names of the configurations that are wanted', () => {
    const { status } = managedClusterAddOnToV1Alpha1({
      metadata: { name: 'a' },
      spec: {},
      status: {
        configReferences: [
          { resource: 'r', desiredConfig: { name: 'n', namespace: 'ns', specHash: 'h' } },
          { resource: 's' },
        ],
      },
    })
    expect(status?.configReferences).toMatchObject([{ name: 'n', namespace: 'ns' }, { name: '' }])
  })
})

/** What comes back of an add-on that has been in v1beta1. */
function withoutLost(addOn: v1alpha1.ManagedClusterAddOn): v1alpha1.ManagedClusterAddOn {
  const { status, ...rest } = addOn
  if (!status) return addOn
  const { addOnConfiguration: _lost, kubeClientDriver, registrations, configReferences, ...kept } = status
  const hasApiServerIdentity = registrations?.some(({ signerName }) => signerName === API_SERVER_SIGNER)
  return {
    ...rest,
    status: {
      ...kept,
      ...(kubeClientDriver && hasApiServerIdentity && { kubeClientDriver }),
      ...(registrations && { registrations: registrations.map(withoutUnits) }),
      ...(configReferences && {
        configReferences: configReferences.map(({ name: _name, namespace: _namespace, ...each }) => ({
          ...each,
          name: each.desiredConfig?.name ?? '',
          ...(each.desiredConfig?.namespace !== undefined && { namespace: each.desiredConfig.namespace }),
        })),
      }),
    },
  }
}

function withoutUnits({ signerName, subject }: v1alpha1.RegistrationConfig): v1alpha1.RegistrationConfig {
  if (signerName !== API_SERVER_SIGNER || !subject) return { signerName, ...(subject && { subject }) }
  const { organizationUnit: _lost, ...rest } = subject
  return { signerName, subject: rest }
}
