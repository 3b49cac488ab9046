import { errorMessage } from '../../common/errors.ts'
import { isForbidden } from '../../kube/client.ts'
import { servesOperatorKind } from '../cluster-kind.ts'
import { optionalArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { CommandError } from '../failure.ts'
import { INFO_OUTPUT_FLAG, infoFormat, printInfo } from '../output/info-format.ts'
import type { Session } from '../session.ts'
import { accessChecks } from './access-checks.ts'
import { type Check, type Finding, wrong } from './check.ts'
import { hubChecks } from './hub-checks.ts'
import { klusterletChecks } from './klusterlet-checks.ts'

type Role = 'hub' | 'klusterlet'
type Looked = Finding & { readonly id: string }

/** Ends with status 1 where something is wrong, so that scripts can ask it. */
export const doctor = command({
  name: 'doctor',
  description:
    'Finds out what is wrong with a hub or a managed cluster: walks from the kubeconfig to the lease, and stops at the first thing that is not as it should be, with what helps.',
  arguments: { placeholder: '[hub|klusterlet]', least: 0, most: Number.POSITIVE_INFINITY },
  flags: INFO_OUTPUT_FLAG,
  run: async (session, { words, flags }) => {
    const format = infoFormat(flags.output)
    const asked = roleOf(optionalArgument(words, 'doctor looks at a hub or a klusterlet, one at a time'))
    const looked = await lookAt(session, accessChecks(session))
    const role = looked.at(-1)?.status === 'ok' ? (asked ?? (await guessRole(session))) : asked
    if (looked.at(-1)?.status === 'ok') {
      const checks = role === 'klusterlet' ? klusterletChecks(session) : hubChecks(session)
      looked.push(...(await lookAt(session, checks)))
    }
    const last = looked.at(-1)
    const isHealthy = last?.status === 'ok'
    printInfo(session, format, { role: role ?? 'unknown', healthy: isHealthy, checks: looked }, () =>
      looked.flatMap(linesOf),
    )
    if (last?.status === 'wrong') throw new CommandError(`${last.id}: ${last.message}`)
  },
})

/** Looks in order, up to the first thing that is wrong: what comes after it depends on it. */
async function lookAt(session: Session, checks: readonly Check[]): Promise<Looked[]> {
  const looked: Looked[] = []
  for (const { id, look } of checks) {
    const finding = await lookSafely(session, look)
    looked.push({ id, ...finding })
    if (finding.status === 'wrong') break
  }
  return looked
}

async function lookSafely(session: Session, look: Check['look']): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    session.signal.throwIfAborted()
    const cure = isForbidden(error)
      ? 'ask an administrator for the permission, or use credentials that have it'
      : 'try again; with -v=4 more is told'
    return wrong(errorMessage(error), cure)
  }
}

function roleOf(word: string | undefined): Role | undefined {
  if (word === undefined || word === 'hub' || word === 'klusterlet') return word
  throw new CommandError(`there is no doctor for ${JSON.stringify(word)}: it is hub or klusterlet`)
}

/** A cluster may be both; then it is looked at as a hub. */
async function guessRole({ cluster, signal }: Session): Promise<Role> {
  if (await servesOperatorKind(cluster, 'clustermanagers', signal)) return 'hub'
  return (await servesOperatorKind(cluster, 'klusterlets', signal)) ? 'klusterlet' : 'hub'
}

function linesOf(finding: Looked): string[] {
  if (finding.status === 'ok') return [`ok     ${finding.id}: ${finding.message}`]
  return [`WRONG  ${finding.id}: ${finding.message}`, `       cure: ${finding.cure}`]
}
