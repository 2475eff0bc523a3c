package executable

// maxVersions bounds the versions of a file. glibc defines some 40.
const maxVersions = 2000

// wants reads which versions must be defined by which library (Verneed, Vernaux).
func (l *linker) wants(b, text []byte, count uint64) {
	const weak = 2 // VER_FLG_WEAK
	at := uint64(0)
	for range min(count, maxVersions) {
		if at+16 > uint64(len(b)) {
			l.unseen = true
			return
		}
		entry := b[at:]
		library := l.name(text, uint64(l.order.Uint32(entry[4:])))
		aux := at + uint64(l.order.Uint32(entry[8:]))
		for range l.order.Uint16(entry[2:]) {
			if aux+16 > uint64(len(b)) || len(l.links.Wants) == maxVersions {
				l.unseen = true
				return
			}
			v := b[aux:]
			if l.order.Uint16(v[4:])&weak == 0 {
				l.links.Wants = append(l.links.Wants, Version{library, l.name(text, uint64(l.order.Uint32(v[8:])))})
			}
			next := uint64(l.order.Uint32(v[12:]))
			if next == 0 {
				break
			}
			aux += next
		}
		next := uint64(l.order.Uint32(entry[12:]))
		if next == 0 {
			return
		}
		at += next
	}
}

// defines reads which versions the file defines (Verdef, Verdaux).
func (l *linker) defines(b, text []byte, count uint64) {
	at := uint64(0)
	for range min(count, maxVersions) {
		if at+20 > uint64(len(b)) {
			l.unseen = true
			return
		}
		entry := b[at:]
		aux := at + uint64(l.order.Uint32(entry[12:]))
		if aux+8 > uint64(len(b)) {
			l.unseen = true
			return
		}
		l.links.Defines = append(l.links.Defines, l.name(text, uint64(l.order.Uint32(b[aux:]))))
		next := uint64(l.order.Uint32(entry[16:]))
		if next == 0 {
			return
		}
		at += next
	}
}
