import type * as v1alpha1 from '../v1alpha1.ts'
import type * as v1beta1 from '../v1beta1.ts'

/** Signs certificates for the API server itself. */
const API_SERVER_SIGNER_NAME = 'kubernetes.io/kube-apiserver-client'

type Driver = NonNullable<v1alpha1.ManagedClusterAddOnStatus['kubeClientDriver']>

export function registrationToV1Beta1(
  { signerName, subject }: v1alpha1.RegistrationConfig,
  driver: Driver | undefined,
): v1beta1.RegistrationConfig {
  const { organizationUnit, ...userAndGroups } = subject ?? {}
  if (signerName === API_SERVER_SIGNER_NAME) {
    return {
      type: 'kubeClient',
      kubeClient: { ...(subject && { subject: userAndGroups }), ...(driver && { driver }) },
    }
  }
  return {
    type: 'customSigner',
    customSigner: {
      signerName,
      ...(subject && {
        subject: { ...userAndGroups, ...(organizationUnit && { organizationUnits: organizationUnit }) },
      }),
    },
  }
}

export function registrationToV1Alpha1({
  type,
  kubeClient,
  customSigner,
}: v1beta1.RegistrationConfig): v1alpha1.RegistrationConfig {
  if (type === 'kubeClient') {
    const subject = kubeClient?.subject
    return { signerName: API_SERVER_SIGNER_NAME, ...(subject && { subject }) }
  }
  const { signerName = '', subject } = customSigner ?? {}
  if (!subject) return { signerName }
  const { organizationUnits, ...userAndGroups } = subject
  return {
    signerName,
    subject: { ...userAndGroups, ...(organizationUnits && { organizationUnit: organizationUnits }) },
  }
}

/** The driver of the first identity for the hub's API server that says anything about itself. */
export function driverOf(registrations: readonly v1beta1.RegistrationConfig[]): Driver | undefined {
  return registrations.find(({ type, kubeClient }) => type === 'kubeClient' && kubeClient)?.kubeClient?.driver
}
