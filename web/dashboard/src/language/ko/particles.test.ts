import { expect, it } from 'vitest';
import { finish } from './particles';

function check(text: string, expected: string) {
  expect(finish(text)).toBe(expected);
}

it('follows the sound of the word before', () => {
  check('국가을(를) 고르세요', '국가를 고르세요');
  check('타이틀을(를) 고르세요', '타이틀을 고르세요');
  check('노출은(는) 늘고 재생률은(는) 줄었습니다', '노출은 늘고 재생률은 줄었습니다');
  check('서울(으)로, 부산(으)로, 제주(으)로', '서울로, 부산으로, 제주로');
  check('10이(가), 22이(가), 5 %이(가)', '10이, 22가, 5 %가');
  check('+10.19 %p이(가) 아니라, 2.8 σ은(는)', '+10.19 %p가 아니라, 2.8 σ는');
});

it('reads no quotes or brackets', () => {
  check('“모험”을(를), ‘바다’을(를), 측정값(일)은(는)', '“모험”을, ‘바다’를, 측정값(일)은');
});

it('keeps both forms where it cannot tell, and leaves the rest alone', () => {
  check('Dune을(를) 비교', 'Dune을(를) 비교');
  check('괄호(설명)와 을(를)', '괄호(설명)와 을(를)');
});
