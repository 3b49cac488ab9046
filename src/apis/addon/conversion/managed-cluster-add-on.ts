import type { ObjectMeta } from '../../meta/v1.ts'
import { ADD_ON_GROUP, INSTALL_NAMESPACE_ANNOTATION } from '../constants.ts'
import type * as v1alpha1 from '../v1alpha1.ts'
import type * as v1beta1 from '../v1beta1.ts'
import { driverOf, registrationToV1Alpha1, registrationToV1Beta1 } from './registration.ts'

/**
 * `installNamespace` becomes an annotation, and the driver of the agent's identities one of each identity for the hub's API server.
 * What v1beta1 has no place for is lost: `addOnConfiguration`, and the deprecated names of configurations in use.
 */
export function managedClusterAddOnToV1Beta1(
  addOn: v1alpha1.ManagedClusterAddOn,
): v1beta1.ManagedClusterAddOn {
  const { metadata, status, ...rest } = addOn
  const { installNamespace, ...spec } = addOn.spec
  return {
    ...rest,
    apiVersion: `${ADD_ON_GROUP}/v1beta1`,
    metadata: installNamespace ? withInstallNamespace(metadata, installNamespace) : metadata,
    spec,
    ...(status && { status: statusToV1Beta1(status) }),
  }
}

export function managedClusterAddOnToV1Alpha1(
  addOn: v1beta1.ManagedClusterAddOn,
): v1alpha1.ManagedClusterAddOn {
  const { metadata, spec, status, ...rest } = addOn
  const installNamespace = metadata.annotations?.[INSTALL_NAMESPACE_ANNOTATION]
  return {
    ...rest,
    apiVersion: `${ADD_ON_GROUP}/v1alpha1`,
    metadata: withoutInstallNamespace(metadata),
    spec: { ...spec, ...(installNamespace && { installNamespace }) },
    ...(status && { status: statusToV1Alpha1(status) }),
  }
}

function statusToV1Beta1(from: v1alpha1.ManagedClusterAddOnStatus): v1beta1.ManagedClusterAddOnStatus {
  const { addOnConfiguration: _dropped, kubeClientDriver, registrations, configReferences, ...status } = from
  return {
    ...status,
    ...(registrations && {
      registrations: registrations.map((each) => registrationToV1Beta1(each, kubeClientDriver)),
    }),
    ...(configReferences && {
      configReferences: configReferences.map(({ name: _name, namespace: _namespace, ...each }) => each),
    }),
  }
}

function statusToV1Alpha1(from: v1beta1.ManagedClusterAddOnStatus): v1alpha1.ManagedClusterAddOnStatus {
  const { registrations, configReferences, ...status } = from
  const driver = driverOf(registrations ?? [])
  return {
    ...status,
    ...(registrations && { registrations: registrations.map(registrationToV1Alpha1) }),
    ...(driver && { kubeClientDriver: driver }),
    ...(configReferences && { configReferences: configReferences.map(referenceToV1Alpha1) }),
  }
}

/** The deprecated name is that of the wanted configuration; without one it is empty, as in the original. */
function referenceToV1Alpha1(reference: v1beta1.ConfigReference): v1alpha1.ConfigReference {
  const { name = '', namespace } = reference.desiredConfig ?? {}
  return { ...reference, name, ...(namespace !== undefined && { namespace }) }
}

function withInstallNamespace(metadata: ObjectMeta, installNamespace: string): ObjectMeta {
  const annotations = { ...metadata.annotations, [INSTALL_NAMESPACE_ANNOTATION]: installNamespace }
  return { ...metadata, annotations }
}

function withoutInstallNamespace(metadata: ObjectMeta): ObjectMeta {
  const { [INSTALL_NAMESPACE_ANNOTATION]: found, ...annotations } = metadata.annotations ?? {}
  if (found === undefined) return metadata
  const { annotations: _all, ...rest } = metadata
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest
}
