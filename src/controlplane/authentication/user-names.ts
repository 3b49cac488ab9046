import { labelProblems, subdomainProblems } from '../registry/index.ts'

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]*):([^:]*)$/
const NODE = /^system:node:(.*)$/s

/** The service account that a user name stands for. */
export function serviceAccountOf(
  userName: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace = '', name = ''] = SERVICE_ACCOUNT.exec(userName) ?? []
  const isName = labelProblems(namespace).length === 0 && subdomainProblems(name).length === 0
  return isName ? { namespace, name } : undefined
}

/** The node that a user name stands for. */
export function nodeNameOf(userName: string): string | undefined {
  const [, name = ''] = NODE.exec(userName) ?? []
  return subdomainProblems(name).length === 0 ? name : undefined
}
