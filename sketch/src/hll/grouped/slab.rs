//! Blocks of words of one size, in pages that never move.

/// The words of a page: 16 KiB, so that a state with few groups stays small and one with millions has few
/// pages.
const PAGE_WORDS: usize = 4096;

/// An arena of blocks of one power-of-two size. Growing it moves nothing, and a released block is the next
/// one to be handed out.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    block_words: usize,
    pages: Vec<Box<[u32]>>,
    n_blocks: u32,
    free: Vec<u32>,
}

impl Slab {
    pub(super) fn new(block_words: usize) -> Self {
        debug_assert!(block_words.is_power_of_two() && block_words <= PAGE_WORDS, "{block_words}");
        Self { block_words, pages: Vec::new(), n_blocks: 0, free: Vec::new() }
    }

    /// Returns a block whose contents are meaningless.
    pub(super) fn allocate(&mut self) -> u32 {
        if let Some(block) = self.free.pop() {
            return block;
        }
        let block = self.n_blocks;
        if self.locate(block).0 == self.pages.len() {
            self.pages.push(vec![0; PAGE_WORDS].into_boxed_slice());
        }
        self.n_blocks += 1;
        block
    }

    pub(super) fn release(&mut self, block: u32) {
        self.free.push(block);
    }

    #[inline]
    pub(super) fn block(&self, block: u32) -> &[u32] {
        let (page, from) = self.locate(block);
        &self.pages[page][from..from + self.block_words]
    }

    #[inline]
    pub(super) fn block_mut(&mut self, block: u32) -> &mut [u32] {
        let (page, from) = self.locate(block);
        &mut self.pages[page][from..from + self.block_words]
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.pages.len() * PAGE_WORDS * size_of::<u32>()
            + self.pages.capacity() * size_of::<Box<[u32]>>()
            + self.free.capacity() * size_of::<u32>()
    }

    /// Returns the page of a block and the index of its first word.
    #[inline]
    fn locate(&self, block: u32) -> (usize, usize) {
        let word = block as usize * self.block_words;
        (word / PAGE_WORDS, word % PAGE_WORDS)
    }
}
