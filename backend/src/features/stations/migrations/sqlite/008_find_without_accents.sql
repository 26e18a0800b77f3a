-- Names are searched without accents, too: what is kept of those that are here already is folded as the
-- service folds it (core/fold.rs). When a station last changed stays as it is.
DROP TRIGGER update_stations_updated_at;

CREATE TABLE folded_letters (letter TEXT PRIMARY KEY, plain TEXT NOT NULL) STRICT, WITHOUT ROWID;

WITH RECURSIVE
    pairs (letters, plain) AS (VALUES
        ('àáâãäåçèéêëìíîïðñòóôõöøùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňōŏőŕŗřś',
         'aaaaaaceeeeiiiidnoooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnooorrrs'),
        ('ŝşšţťŧũūŭůűųŵŷźżžſơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǯǰǵǹǻǿȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳΐάέήίΰςϊ',
         'ssstttuuuuuuwyzzzsouaiouuuuuaagkooʒjgnaoaaeeiioorruusthaeooooyιαεηιυσι'),
        ('ϋόύώϓϔйѐёѓїќѝўѷӂӑӓӗӛӝӟӣӥӧӫӭӯӱӳӵӹḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋ',
         'υουωϒϒиеегікиуѵжааеәжзииоөэууучыabbbcdddddeeeeefghhhhhiikkkllllmmmnnnn'),
        ('ṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗ',
         'oooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwysaaaaaaaaaaaaeeeeeeeeiioooooo'),
        ('ộớờởỡợụủứừửữựỳỵỷỹἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὐὑὒὓὔὕὖὗὠὡὢὣὤὥὦὧὰ',
         'oooooouuuuuuuyyyyααααααααεεεεεεηηηηηηηηιιιιιιιιοοοοοουυυυυυυυωωωωωωωωα'),
        ('άὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱᾲᾳᾴᾶᾷῂῃῄῆῇῐῑῒΐῖῗῠῡῢΰῤῥῦῧῲῳῴῶῷ𐗉𐗤',
         'αεεηηιιοουυωωααααααααηηηηηηηηωωωωωωωωαααααααηηηηηιιιιιιυυυυρρυυωωωωω𐗒𐗚')
    ),
    places (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < 70)
INSERT INTO folded_letters
    SELECT substr(letters, place, 1), substr(plain, place, 1)
    FROM pairs JOIN places ON place <= length(letters);

INSERT INTO folded_letters VALUES
    ('ß', 'ss'), ('æ', 'ae'), ('þ', 'th'), ('œ', 'oe'), ('ǣ', 'ae'), ('ǽ', 'ae');

-- Accents that are characters of their own.
WITH RECURSIVE accents (code) AS (
    SELECT 0x300 UNION ALL SELECT code + 1 FROM accents WHERE code < 0x36f
)
INSERT INTO folded_letters SELECT char(code), '' FROM accents;

UPDATE stations SET search_key = (
    WITH RECURSIVE places (place) AS (
        SELECT 1 UNION ALL SELECT place + 1 FROM places WHERE place < length(stations.search_key)
    )
    SELECT group_concat(COALESCE(plain, substr(stations.search_key, place, 1)), '' ORDER BY place)
    FROM places LEFT JOIN folded_letters ON letter = substr(stations.search_key, place, 1)
)
WHERE length(CAST(search_key AS BLOB)) <> length(search_key);

DROP TABLE folded_letters;

CREATE TRIGGER update_stations_updated_at
    AFTER UPDATE ON stations
    FOR EACH ROW WHEN NEW.updated_at IS OLD.updated_at
BEGIN
    UPDATE stations SET updated_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE id = NEW.id;
END;
