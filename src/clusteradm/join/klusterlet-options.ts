import { AGENT_ANNOTATION_PREFIX } from '../../apis/cluster/constants.ts'
import { SPOKE_REGISTRATION_GATES, SPOKE_WORK_GATES } from '../../apis/feature-gates.ts'
import type { FlagValues } from '../../common/flags.ts'
import type { KlusterletOptions, KlusterletParts } from '../../manifests/klusterlet.ts'
import { CommandError } from '../failure.ts'
import { featureGatesFor, parseFeatureGates } from '../install/feature-gates.ts'
import { imageOptions } from '../install/image-options.ts'
import { mergedImages } from '../install/image-values.ts'
import { resourceRequirement } from '../install/resource-requirement.ts'
import {
  boolOf,
  type ChartValues,
  numberOf,
  readValuesFile,
  section,
  textOf,
  unusedKeys,
} from '../install/values-file.ts'
import type { Session } from '../session.ts'
import type { JOIN_FLAGS } from './join-flags.ts'

export type JoinValues = FlagValues<typeof JOIN_FLAGS>

type RegistrationConfiguration = NonNullable<KlusterletParts['registrationConfiguration']>

const USED_VALUES = [
  'createNamespace',
  'replicaCount',
  'images',
  'enableSyncLabels',
  'priorityClassName',
  'klusterlet',
]
const PARTS = [
  'externalServerURLs',
  'nodePlacement',
  'registrationConfiguration',
  'workConfiguration',
  'resourceRequirement',
] as const satisfies readonly (keyof KlusterletParts)[]

/** What the manifests are made of, but for the kubeconfig. Rejects with a CommandError for flags and files that make no sense. */
export async function klusterletOptions(session: Session, flags: JoinValues): Promise<KlusterletOptions> {
  const gates = parseFeatureGates(flags.featureGates, [SPOKE_REGISTRATION_GATES, SPOKE_WORK_GATES])
  const workGates = featureGatesFor(SPOKE_WORK_GATES, gates)
  const options: KlusterletOptions = {
    clusterName: flags.clusterName,
    mode: flags.singleton ? 'Singleton' : 'Default',
    ...(await imageOptions(flags)),
    createNamespace: flags.createNamespace,
    enableSyncLabels: flags.enableSyncLabels,
    klusterlet: {
      resourceRequirement: resourceRequirement(flags),
      registrationConfiguration: {
        ...registrationConfiguration(session, flags),
        featureGates: featureGatesFor(SPOKE_REGISTRATION_GATES, gates),
      },
      ...(workGates.length > 0 && { workConfiguration: { featureGates: workGates } }),
    },
  }
  if (flags.klusterletValuesFile === '') return options
  const values = await readValuesFile(flags.klusterletValuesFile, 'klusterlet')
  const unused = unusedKeys(values, USED_VALUES)
  if (unused.length > 0)
    session.warn(`${flags.klusterletValuesFile}: without effect here: ${unused.join(', ')}`)
  return withValues(options, values)
}

function registrationConfiguration(session: Session, flags: JoinValues): RegistrationConfiguration {
  const annotations = clusterAnnotations(session, flags.klusterletAnnotation)
  return {
    clientCertExpirationSeconds: flags.clientCertExpirationSeconds,
    ...(annotations.size > 0 && { clusterAnnotations: Object.fromEntries(annotations) }),
    ...registrationDriver(flags),
    ...addOnDriver(flags),
  }
}

/** Keys get the agent's prefix; what is no annotation is left out with a warning, as in the original. */
function clusterAnnotations(session: Session, texts: readonly string[]): ReadonlyMap<string, string> {
  const annotations = new Map<string, string>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const key = text.slice(0, at).trim()
    if (at === -1) session.warn(`Skipping malformed annotation (missing '='): ${text}`)
    else if (key === '') session.warn(`Skipping annotation with empty key: ${text}`)
    else {
      const prefixed = key.startsWith(AGENT_ANNOTATION_PREFIX) ? key : `${AGENT_ANNOTATION_PREFIX}/${key}`
      annotations.set(prefixed, text.slice(at + 1).trim())
    }
  }
  return annotations
}

function registrationDriver(flags: JoinValues): Pick<RegistrationConfiguration, 'registrationDriver'> {
  const { registrationAuth: authType, hubClusterArn, managedClusterArn } = flags
  switch (authType) {
    case 'csr':
      return {}
    case 'grpc':
      if (flags.grpcServer === '') {
        throw new CommandError('grpc-server is required when registration-auth type is grpc')
      }
      return { registrationDriver: { authType } }
    case 'awsirsa':
      if (hubClusterArn === '') {
        throw new CommandError('hub-cluster-arn is required when registration-auth type is awsirsa')
      }
      if (managedClusterArn === '') {
        throw new CommandError('managed-cluster-arn is required when registration-auth type is awsirsa')
      }
      return { registrationDriver: { authType, awsIrsa: { hubClusterArn, managedClusterArn } } }
    default:
      throw new CommandError('invalid registration-Auth type: it is csr, grpc or awsirsa')
  }
}

function addOnDriver(
  flags: JoinValues,
): Pick<RegistrationConfiguration, 'addOnKubeClientRegistrationDriver'> {
  const { addonKubeclientRegistrationAuth: authType, addonTokenExpirationSeconds: expirationSeconds } = flags
  if (authType === 'csr') return {}
  if (authType !== 'token') {
    throw new CommandError("invalid addon-kubeclient-registration-auth type. Must be 'csr' or 'token'")
  }
  if (expirationSeconds < 0) throw new CommandError('addon-token-expiration-seconds must be non-negative')
  return {
    addOnKubeClientRegistrationDriver: {
      authType,
      ...(expirationSeconds > 0 && { token: { expirationSeconds } }),
    },
  }
}

function withValues(options: KlusterletOptions, values: ChartValues): KlusterletOptions {
  const klusterlet = section(values, 'klusterlet')
  const parts = PARTS.flatMap((key) => {
    const part = klusterlet[key]
    if (part === undefined || part === null) return []
    const merged = Array.isArray(part) ? part : { ...options.klusterlet?.[key], ...section(klusterlet, key) }
    return [[key, merged] as const]
  })
  const createNamespace = boolOf(values, 'createNamespace')
  const enableSyncLabels = boolOf(values, 'enableSyncLabels')
  const replicas = numberOf(values, 'replicaCount')
  const priorityClassName = textOf(values, 'priorityClassName')
  const clusterName = textOf(klusterlet, 'clusterName')
  const namespace = textOf(klusterlet, 'namespace')
  const name = textOf(klusterlet, 'name')
  return {
    ...options,
    ...mergedImages({ ...options, images: options.images ?? {} }, values),
    ...(createNamespace !== undefined && { createNamespace }),
    ...(enableSyncLabels !== undefined && { enableSyncLabels }),
    ...(replicas !== undefined && { replicas }),
    ...(priorityClassName && { priorityClassName }),
    ...(clusterName && { clusterName }),
    ...(namespace && { klusterletNamespace: namespace }),
    ...(name && { name }),
    klusterlet: { ...options.klusterlet, ...Object.fromEntries(parts) },
  }
}
