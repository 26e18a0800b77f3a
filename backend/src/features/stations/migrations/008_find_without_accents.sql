-- Names are searched without accents, too: what is kept of those that are here already is folded as the
-- service folds it (core/fold.rs). When a station last changed stays as it is.
ALTER TABLE stations DISABLE TRIGGER update_stations_updated_at;

UPDATE stations SET search_key =
    replace(replace(replace(replace(replace(replace(
        regexp_replace(
            translate(
                search_key,
                'àáâãäåçèéêëìíîïðñòóôõöøùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňōŏőŕŗřś'
                || 'ŝşšţťŧũūŭůűųŵŷźżžſơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǯǰǵǹǻǿȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳΐάέήίΰςϊ'
                || 'ϋόύώϓϔйѐёѓїќѝўѷӂӑӓӗӛӝӟӣӥӧӫӭӯӱӳӵӹḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋ'
                || 'ṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗ'
                || 'ộớờởỡợụủứừửữựỳỵỷỹἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὐὑὒὓὔὕὖὗὠὡὢὣὤὥὦὧὰ'
                || 'άὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱᾲᾳᾴᾶᾷῂῃῄῆῇῐῑῒΐῖῗῠῡῢΰῤῥῦῧῲῳῴῶῷ𐗉𐗤',
                'aaaaaaceeeeiiiidnoooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnooorrrs'
                || 'ssstttuuuuuuwyzzzsouaiouuuuuaagkooʒjgnaoaaeeiioorruusthaeooooyιαεηιυσι'
                || 'υουωϒϒиеегікиуѵжааеәжзииоөэууучыabbbcdddddeeeeefghhhhhiikkkllllmmmnnnn'
                || 'oooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwysaaaaaaaaaaaaeeeeeeeeiioooooo'
                || 'oooooouuuuuuuyyyyααααααααεεεεεεηηηηηηηηιιιιιιιιοοοοοουυυυυυυυωωωωωωωωα'
                || 'αεεηηιιοουυωωααααααααηηηηηηηηωωωωωωωωαααααααηηηηηιιιιιιυυυυρρυυωωωωω𐗒𐗚'
            ),
            '[\u0300-\u036f]', '', 'g'
        ),
        'ß', 'ss'), 'æ', 'ae'), 'þ', 'th'), 'œ', 'oe'), 'ǣ', 'ae'), 'ǽ', 'ae')
WHERE octet_length(search_key) <> char_length(search_key);

ALTER TABLE stations ENABLE TRIGGER update_stations_updated_at;
