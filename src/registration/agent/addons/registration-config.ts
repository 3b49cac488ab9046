import {
  DEFAULT_AGENT_INSTALL_NAMESPACE,
  HOSTING_CLUSTER_NAME_ANNOTATION,
  INSTALL_NAMESPACE_ANNOTATION,
} from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn, RegistrationConfig } from '../../../apis/addon/v1alpha1.ts'
import type { Subject } from '../../../pki/index.ts'
import { addOnGroup, addOnTokenUser, addOnUser } from '../../addon-identity.ts'
import { KUBE_CLIENT_SIGNER_NAME } from '../../cluster-identity.ts'

export type AddOnAuth = 'csr' | 'token'

/** One identity that an add-on's agent is to have on the hub. */
export interface AddOnRegistration {
  readonly addOnName: string
  readonly driver: AddOnAuth
  readonly signerName: string
  readonly subject: Subject
  /** Where the Secret goes, and what it is called. */
  readonly namespace: string
  readonly secretName: string
  /** Whether the agent runs in the management cluster, where its Secret is to be. */
  readonly isHosted: boolean
}

/** The identities that a ManagedClusterAddOn asks for, each under a text that tells it from all others. */
export function addOnRegistrations(
  addOn: ManagedClusterAddOn,
  clusterName: string,
  auth: AddOnAuth,
): ReadonlyMap<string, AddOnRegistration> {
  const registrations = (addOn.status?.registrations ?? [])
    .filter(({ signerName }) => signerName)
    .map((config) => registrationOf(addOn, config, clusterName, auth))
  return new Map(registrations.map((registration) => [JSON.stringify(registration), registration]))
}

function registrationOf(
  addOn: ManagedClusterAddOn,
  { signerName, subject = {} }: RegistrationConfig,
  clusterName: string,
  auth: AddOnAuth,
): AddOnRegistration {
  const addOnName = addOn.metadata.name ?? ''
  const place = { addOnName, namespace: installNamespace(addOn), isHosted: isHosted(addOn) }
  const commonName = subject.user || addOnUser(clusterName, addOnName)
  const organizations = subject.groups ?? []
  if (signerName !== KUBE_CLIENT_SIGNER_NAME) {
    return {
      ...place,
      driver: 'csr',
      signerName,
      subject: { commonName, organizations, organizationalUnits: subject.organizationUnit ?? [] },
      secretName: `${addOnName}-${signerName.replaceAll('/', '-')}-client-cert`,
    }
  }
  const certified = {
    commonName,
    organizations: organizations.length > 0 ? organizations : [addOnGroup(clusterName, addOnName)],
  }
  return {
    ...place,
    driver: auth,
    signerName,
    subject: auth === 'token' ? { commonName: addOnTokenUser(clusterName, addOnName) } : certified,
    secretName: `${addOnName}-hub-kubeconfig`,
  }
}

/** Where the agent of an add-on is in its cluster. */
export function installNamespace({ metadata, spec, status }: ManagedClusterAddOn): string {
  return (
    status?.namespace ||
    spec?.installNamespace ||
    metadata.annotations?.[INSTALL_NAMESPACE_ANNOTATION] ||
    DEFAULT_AGENT_INSTALL_NAMESPACE
  )
}

/** Whether the agent of an add-on runs outside the managed cluster. */
export function isHosted({ metadata }: ManagedClusterAddOn): boolean {
  return Boolean(metadata.annotations?.[HOSTING_CLUSTER_NAME_ANNOTATION])
}
