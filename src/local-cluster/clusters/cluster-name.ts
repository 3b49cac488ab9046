import { ConfigError } from '../../common/errors.ts'

/** It names contexts, folders and a Node, whose name may have 63 characters less what is added to it. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

/** @throws ConfigError that says what a name may be */
export function verifyClusterName(name: string): void {
  if (NAME.test(name)) return
  throw new ConfigError(
    `${JSON.stringify(name)} cannot be a cluster's name: at most 40 of a-z, 0-9 and '-', with a letter or digit at both ends, such as hub`,
  )
}

/** The context, cluster and user of a cluster in a kubeconfig: as kind names them, so that what was written for kind works. */
export function contextName(name: string): string {
  return `kind-${name}`
}
