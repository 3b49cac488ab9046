import type { Secret } from '../apis/core/v1.ts'
import { SECRETS, SERVICE_ACCOUNTS } from '../apis/resources.ts'
import { errorMessage } from '../common/errors.ts'
import { isNotFound, KubeApiError, type KubeClient } from '../kube/client.ts'
import { CommandError } from './failure.ts'
import { BOOTSTRAP_SERVICE_ACCOUNT, OPERATOR_NAMESPACE } from './names.ts'

const SECRET_PREFIX = 'bootstrap-token-'

/** The original's: agents have an hour to introduce themselves. */
export const TOKEN_SECONDS = 3600

export interface HubToken {
  readonly token: string
  /** As the API says it; a bootstrap token may have no end. */
  readonly expires?: string
}

interface TokenRequest {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string }
}

/** A fresh token of the service account that unknown agents introduce themselves with. */
export async function serviceAccountToken(cluster: KubeClient, signal: AbortSignal): Promise<HubToken> {
  const { definition } = cluster.resource(SERVICE_ACCOUNTS)
  try {
    const { status } = await cluster.request<TokenRequest>({
      method: 'POST',
      path: `/api/${definition.version}/namespaces/${OPERATOR_NAMESPACE}/serviceaccounts/${BOOTSTRAP_SERVICE_ACCOUNT}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: TOKEN_SECONDS },
      },
      signal,
    })
    if (!status?.token) throw new CommandError('the API answered a request for a token without one')
    return {
      token: status.token,
      ...(status.expirationTimestamp && { expires: status.expirationTimestamp }),
    }
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error
    const cure = isNotFound(error)
      ? '\nRun "clusteradm init", or ask for the bootstrap token with --use-bootstrap-token if the hub was made with that.'
      : ''
    throw new CommandError(
      `failed to get token from sa ${OPERATOR_NAMESPACE}/${BOOTSTRAP_SERVICE_ACCOUNT}: ${errorMessage(error)}${cure}`,
      { cause: error },
    )
  }
}

/** The newest bootstrap token of the hub. Rejects with a CommandError in the API's words when there is none. */
export async function bootstrapToken(cluster: KubeClient, signal: AbortSignal): Promise<HubToken> {
  const secret = await bootstrapTokenSecret(cluster, signal)
  if (!secret) {
    throw new CommandError(
      `secrets "${SECRET_PREFIX}*" not found\nThe hub was made without one: leave out --use-bootstrap-token, or run "clusteradm init --use-bootstrap-token".`,
    )
  }
  const field = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString()
  const expires = field('expiration')
  return {
    token: `${field('token-id')}.${field('token-secret')}`,
    ...(expires !== '' && { expires }),
  }
}

export async function bootstrapTokenSecret(
  cluster: KubeClient,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const { items } = await cluster
    .resource<Secret>(SECRETS)
    .listAll({ namespace: 'kube-system', labelSelector: 'app = cluster-manager', signal })
  const made = ({ metadata }: Secret) => metadata.creationTimestamp ?? ''
  return items
    .filter(({ metadata }) => metadata.name?.startsWith(SECRET_PREFIX))
    .sort((one, other) => (made(one) > made(other) ? -1 : 1))[0]
}
