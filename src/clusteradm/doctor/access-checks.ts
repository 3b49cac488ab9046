import { ConfigError, errorMessage } from '../../common/errors.ts'
import { isForbidden, isUnauthorized } from '../../kube/client.ts'
import { connectionTrouble } from '../failure.ts'
import { type Session, serverText } from '../session.ts'
import { type Check, ok, wrong } from './check.ts'

/** From the kubeconfig to an API server that knows us. */
export function accessChecks(session: Session): readonly Check[] {
  const { cluster, signal, globals } = session
  return [
    {
      id: 'kubeconfig',
      look: async () => {
        try {
          const access = await session.access()
          const context = globals.context === '' ? 'the current context' : `context ${globals.context}`
          return ok(`${context} is for ${serverText(access)}`)
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          return wrong(
            errorMessage(error),
            'name a file with --kubeconfig, and a context of it with --context',
          )
        }
      },
    },
    {
      id: 'api-server',
      look: async () => {
        try {
          const { gitVersion } = await cluster.request<{ gitVersion?: string }>({
            method: 'GET',
            path: '/version',
            signal,
          })
          return ok(`the API server answers, release ${gitVersion}`)
        } catch (error) {
          signal.throwIfAborted()
          if (isUnauthorized(error) || isForbidden(error)) return ok('the API server answers')
          const cure = 'start the cluster, or choose another context with --context'
          return wrong(
            `the API server does not answer: ${connectionTrouble(error) ?? errorMessage(error)}`,
            cure,
          )
        }
      },
    },
    {
      id: 'credentials',
      look: async () => {
        try {
          await cluster.request({ method: 'GET', path: '/api', signal })
          return ok('the API server takes the credentials')
        } catch (error) {
          if (!isUnauthorized(error) && !isForbidden(error)) throw error
          return wrong(
            'the API server does not take the credentials of the kubeconfig',
            'log in anew: the token or client certificate may have expired',
          )
        }
      },
    },
  ]
}
