import { describe, expect, it } from 'vitest';
import { colourOf, initials } from '../../../client/ui/initials.ts';

describe('avatars without a picture', () => {
  it.each([
    ['欧阳小安', '小安'],
    ['王芳', '王芳'],
    ['李', '李'],
    ['陈先生', '陈'],
    ['欧阳总', '欧阳'],
    ['老板', '老板'],
    ['Ann Lee', 'AL'],
    ['Charlotte Anne Worthington', 'CW'],
    ['weft', 'WE'],
    ['O’Brien', 'OB'],
    ['陈 (Bob) 思远', '思远'],
    ['  ', '?'],
  ])('%s is shown as %s', (name, expected) => {
    expect(initials(name)).toBe(expected);
  });

  it('gives one id one colour and uses all eight', () => {
    const colours = new Set(Array.from({ length: 200 }, (_, index) => colourOf(`member-${index}`)));
    expect([...colours].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(colourOf('a')).toBe(colourOf('a'));
  });
});
