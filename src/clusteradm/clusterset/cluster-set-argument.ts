import { stringFlag } from '../../common/flags.ts'
import { oneArgument } from '../command-line/arguments.ts'

/** How commands are told which cluster set they are for. That it is one is for clusterSetName to say, in the original's words. */
export const CLUSTER_SET_ARGUMENT = { placeholder: 'NAME', least: 0, most: Number.POSITIVE_INFINITY } as const

/** Of what binds a cluster set to a namespace. */
export const BINDING_FLAGS = {
  namespace: stringFlag('default', 'The namespace.', { shorthand: 'n', placeholder: 'NAME' }),
} as const

/** Throws a CommandError unless there is just one. */
export function clusterSetName(words: readonly string[]): string {
  return oneArgument(
    words,
    'the name of the clusterset must be specified',
    'only one clusterset can be specified',
  )
}
