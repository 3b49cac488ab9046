import { parse } from 'yaml'
import { z } from 'zod'
import { yamlTrouble } from '../../common/yaml-trouble.ts'

/** Errors quote no text, which may be a token or a key, and nothing is printed. */
const QUIETLY = { prettyErrors: false, logLevel: 'error' } as const

const WANTED: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const clusterSchema = z.object({
  server: z.string(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
})

const execSchema = z.object({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().optional(),
  provideClusterInfo: z.boolean().optional(),
})

const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  exec: execSchema.nullish(),
  as: z.string().optional(),
  'as-uid': z.string().optional(),
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  /** Known and not supported; so that nobody becomes somebody else without a word. */
  'auth-provider': z.unknown().optional(),
})

const contextSchema = z.object({
  cluster: z.string(),
  user: z.string().optional(),
  namespace: z.string().optional(),
})

const kubeconfigSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: contextSchema })).nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
})

export type ClusterEntry = z.infer<typeof clusterSchema>
export type UserEntry = z.infer<typeof userSchema>
export type ContextEntry = z.infer<typeof contextSchema>
export type ExecEntry = z.infer<typeof execSchema>

/** Reads what stands in a kubeconfig file. Throws an Error that says what is wrong, and quotes no values. */
export function parseKubeconfig(text: string): z.infer<typeof kubeconfigSchema> {
  const { success, data, error } = kubeconfigSchema.safeParse(parsed(text))
  if (success) return data
  throw new Error(error.issues.map(issueText).join('; '), { cause: error })
}

function parsed(text: string): unknown {
  try {
    return parse(text, QUIETLY) ?? {}
  } catch (error) {
    throw new Error(yamlTrouble(text), { cause: error })
  }
}

/** Where it is, and what should be there: `clusters[0].cluster.server has to be a string`. */
function issueText(issue: z.core.$ZodIssue): string {
  const wanted =
    issue.code === 'invalid_type' ? `has to be ${WANTED[issue.expected] ?? issue.expected}` : issue.message
  if (issue.path.length === 0)
    return 'it is no kubeconfig: there is no mapping with clusters, contexts and users'
  const place = issue.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
  return `${place.slice(1)} ${wanted}`
}
