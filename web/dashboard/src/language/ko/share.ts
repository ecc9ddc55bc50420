import type english from '../en/share';

export default {
  'share.making': '링크를 만드는 중…',
  'share.copied': '링크를 클립보드에 복사했습니다. {about}',
  'share.copyHere': '여기에서 링크를 복사하세요. {about}',
  'share.notKept': '여는 날의 수치를 보여 줍니다. {hint}',
  'share.keeps': '스냅샷 {version}의 패널 {panels, plural, other {#개}}의 수치를 담고 있습니다.',
  'share.failed': '링크를 만들 수 없습니다. {why}',
  'share.link': '링크',
  'share.what': '공유된 내용',
  'share.sentBy': '{person} 님이 {moment}에 공유했습니다.',
  'share.stays': '페이지는 스냅샷 {version}에 머물러 있습니다.',
  'share.staysSent': '페이지는 공유된 수치의 스냅샷 {version}에 머물러 있습니다.',
  'share.differs': '공유된 수치는 스냅샷 {sent}의 값이며, 페이지에는 스냅샷 {version}이(가) 표시됩니다.',
  'share.newest': '최신 수치 보기',
  'share.newestVersion': '최신 스냅샷 {version} 보기',
  'share.gone': '스냅샷 {version}은(는) 더 이상 사용할 수 없습니다.',
  'share.again': '스냅샷 {version} 보기',
  'share.unreadable': '이 수치를 읽을 수 없습니다.',
  'share.now': '현재 {value}',
  'share.firstRows': '전체 {all, number}행 중 처음 {kept, number}행을 보관했습니다.',
  'share.bounded': '{value}({bounds})',
} satisfies Record<keyof typeof english, string>;
