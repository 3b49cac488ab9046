import type { RegistrationDriverHub, ServerConfiguration } from '../../apis/operator/v1.ts'
import { CommandError } from '../failure.ts'

export interface DriverValues {
  readonly registrationDrivers: readonly string[]
  readonly hubClusterArn: string
  readonly awsResourceTags: readonly string[]
  readonly autoApprovedCsrIdentities: readonly string[]
  readonly autoApprovedArnPatterns: readonly string[]
  readonly autoApprovedGrpcIdentities: readonly string[]
  readonly grpcServer: string
  readonly grpcEndpointType: string
}

/** How clusters may register, as the ClusterManager has it. Throws a CommandError for what does not fit together. */
export function registrationDrivers(values: DriverValues): RegistrationDriverHub[] {
  return values.registrationDrivers.map((driver) => {
    switch (driver) {
      case 'csr':
        return withIdentities(driver, values.autoApprovedCsrIdentities)
      case 'grpc':
        return withIdentities(driver, values.autoApprovedGrpcIdentities)
      case 'awsirsa':
        return awsDriver(values)
      default:
        throw new CommandError('only csr,awsirsa and grpc are valid drivers')
    }
  })
}

/** The driver grpc needs a server. Undefined for the others. */
export function serverConfiguration({
  registrationDrivers: drivers,
  grpcServer: host,
  grpcEndpointType: type,
}: DriverValues): ServerConfiguration | undefined {
  if (!drivers.includes('grpc')) return undefined
  if (type === 'hostname') {
    if (host === '') {
      throw new CommandError('grpc server should not be empty if the grpc endpoint type is hostname')
    }
    return { endpointsExposure: [{ protocol: 'grpc', grpc: { type, hostname: { host } } }] }
  }
  if (type === 'loadBalancer') {
    return { endpointsExposure: [{ protocol: 'grpc', grpc: { type, loadBalancer: { host } } }] }
  }
  throw new CommandError(`unknown grpc endpoint type ${type}`)
}

/** Identities are of use only where their driver and the gate are on. */
export function requireUsableIdentities(values: DriverValues, isAutoApproval: boolean): void {
  const { registrationDrivers: drivers } = values
  const lists = [
    ['awsirsa', values.autoApprovedArnPatterns, 'list of patterns for aws eks arn', 'awsirsa'],
    ['csr', values.autoApprovedCsrIdentities, 'list of users for csr to auto approve', 'csr'],
    [
      'grpc',
      values.autoApprovedGrpcIdentities,
      'list of users or identities for grpc cluster to auto approve',
      'grpc',
    ],
  ] as const
  for (const [driver, identities, what] of lists) {
    if (identities.length === 0) continue
    if (!isAutoApproval) {
      throw new CommandError(
        'should enable feature gate ManagedClusterAutoApproval before passing list of identities',
      )
    }
    if (!drivers.includes(driver)) {
      throw new CommandError(`should not provide ${what} if not initializing hub with ${driver} registration`)
    }
  }
}

function withIdentities(authType: 'csr' | 'grpc', identities: readonly string[]): RegistrationDriverHub {
  if (identities.length === 0) return { authType }
  return { authType, [authType]: { autoApprovedIdentities: identities } }
}

function awsDriver(values: DriverValues): RegistrationDriverHub {
  const { hubClusterArn, awsResourceTags: tags, autoApprovedArnPatterns: patterns } = values
  if (hubClusterArn === '')
    throw new CommandError('--hub-cluster-arn is required for the registration driver awsirsa')
  return {
    authType: 'awsirsa',
    awsirsa: {
      hubClusterArn,
      ...(tags.length > 0 && { tags }),
      ...(patterns.length > 0 && { autoApprovedIdentities: patterns }),
    },
  }
}
