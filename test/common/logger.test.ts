import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { createLogger } from '../../src/common/logger.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void, level = 'info'): unknown[] {
  const lines: string[] = []
  write(createLogger({ level, name: 'test', stream: { write: (line: string) => lines.push(line) } }))
  return lines.map((line) => JSON.parse(line))
}

describe('createLogger', () => {
  it('writes one JSON object a line, from its level on', () => {
    const lines = logged((log) => {
      log.debug('hidden')
      log.child({ component: 'x' }).info({ agentId: 'a' }, 'agent connected')
    })
    expect(lines).toMatchObject([
      { level: 30, name: 'test', component: 'x', agentId: 'a', msg: 'agent connected' },
    ])
  })

  it('hides tokens, keys and authorization', () => {
    const secret = 'hush'
    const lines = logged((log) =>
      log.info({ token: secret, key: secret, headers: { authorization: secret }, tls: { key: secret } }, 'x'),
    )
    expect(JSON.stringify(lines)).not.toContain(secret)
  })

  it('tells the code and the causes of an error', () => {
    const cause = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    const [line] = logged((log) => log.error({ err: new ConfigError('cannot read', { cause }) }, 'failed'))
    expect(line).toMatchObject({
      err: {
        type: 'ConfigError',
        code: 'ERR_CONFIG',
        message: 'cannot read',
        cause: { code: 'ENOENT', message: 'no such file' },
      },
    })
    expect(JSON.stringify(line)).not.toContain('stack')
  })

  it('tells where a bug arose', () => {
    const [line] = logged((log) => log.error({ err: new Error('bug') }, 'failed'))
    expect(line).toMatchObject({ err: { stack: expect.stringContaining('logger.test.ts') } })
  })
})
